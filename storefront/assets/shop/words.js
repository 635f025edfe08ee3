import { dateFormats, dayFormat } from "../common/locale.js";
import settings from "../settings.js";

const language = document.documentElement.lang === "en" ? "en" : "id";
export const words = (await import(`../words.${language}.js`)).default;
export const to = (path) => words.prefix + path;

const instants = dateFormats(language, settings.zone);
export const timeText = instants({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const whenText = instants({
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});
/** `2026-11-27` as `27 Nov`. */
export const dayText = dayFormat(language, { day: "numeric", month: "short" });
