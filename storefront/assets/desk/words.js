import { read, write } from "../shop/keep.js";

const language = read("desk.language", "id") === "en" ? "en" : "id";
document.documentElement.lang = language;
export const words = (await import(`../desk.${language}.js`)).default;

export function otherLanguage() {
  write("desk.language", language === "en" ? "id" : "en");
  location.reload();
}

const zone = document.documentElement.dataset.zone || "Asia/Jakarta";
const locale = language === "en" ? "en-GB" : "id-ID";
const written = (options) => (iso) => (iso ? new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(new Date(iso)) : "");
export const timeText = written({ hour: "2-digit", minute: "2-digit" });
export const whenText = written({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
export const dayText = written({ day: "numeric", month: "short", year: "numeric" });
/** Today's date at the shop, whatever the phone's own zone says. */
export const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date());
/** `0,1` in Indonesian, `0.1` in English. */
export const kilometers = (meters) => new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(meters / 1000);
export const stateText = (state) => words.states[state] || state || "";
