const language = document.documentElement.lang === "en" ? "en" : "id";
export const words = (await import(`../words.${language}.js`)).default;
export const to = (path) => words.prefix + path;

const zone = document.documentElement.dataset.zone || "Asia/Jakarta";
const written = (options) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : "id-ID", { timeZone: zone, ...options });
export const timeText = (when) => written({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(when);
/** `2026-11-27` as `27 Nov`. */
export const dayText = (on) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : "id-ID", { timeZone: "UTC", day: "numeric", month: "short" }).format(new Date(on));
export const whenText = (iso) =>
  written({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(new Date(iso));
