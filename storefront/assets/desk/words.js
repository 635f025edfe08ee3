// The texts of the chosen language, and formats of dates, distances and codes in it.
import { dateFormats, dateIn, dayFormat, formatKilometers } from "../common/locale.js";
import { readItem, writeItem } from "../common/storage.js";
import settings from "../settings.js";

takeLanguageFromLink();
const language = readItem("desk.language", "id") === "en" ? "en" : "id";
document.documentElement.lang = language;

/** The `desk` table of chalicelib/content, which the build writes as a module. */
export const words = (await import(`../desk.${language}.js`)).default;

/** Stores the language of a link such as `/desk/?lang=en#/work` and removes it from the address. */
function takeLanguageFromLink() {
  const address = new URL(location.href);
  const linked = address.searchParams.get("lang");
  if (linked === null) return;
  if (["id", "en"].includes(linked)) writeItem("desk.language", linked);
  address.searchParams.delete("lang");
  history.replaceState(null, "", address);
}

export function switchLanguage() {
  writeItem("desk.language", language === "en" ? "id" : "en");
  location.reload();
}

const formats = dateFormats(language, settings.zone);
export const timeText = formats({ hour: "2-digit", minute: "2-digit" });
export const whenText = formats({
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
/** `2026-11-27` as `27 Nov 2026`. */
export const dayText = dayFormat(language, { day: "numeric", month: "short", year: "numeric" });
export const today = () => dateIn(settings.zone, new Date());
export const kilometersText = (meters) => formatKilometers(meters, language);

// Codes of the API; a code without a text is shown itself.
export const stateText = (state) => words.states[state] || state || "";
export const channelName = (channel) => words.channels[channel] || channel;
export const methodName = (method) => words.methods[method] || method;
