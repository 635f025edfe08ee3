import { dateFormats, dateIn, dayFormat, formatKilometers } from "../common/locale.js";
import { read, write } from "../common/storage.js";
import settings from "../settings.js";

const language = read("desk.language", "id") === "en" ? "en" : "id";
document.documentElement.lang = language;
export const words = (await import(`../desk.${language}.js`)).default;

export function otherLanguage() {
  write("desk.language", language === "en" ? "id" : "en");
  location.reload();
}

const instants = dateFormats(language, settings.zone);
export const timeText = instants({ hour: "2-digit", minute: "2-digit" });
export const whenText = instants({
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
/** `2026-11-27` as `27 Nov 2026`. */
export const dayText = dayFormat(language, { day: "numeric", month: "short", year: "numeric" });
export const today = () => dateIn(settings.zone, new Date());
export const kilometers = (meters) => formatKilometers(meters, language);
export const stateText = (state) => words.states[state] || state || "";
