// The texts of the page's language, and formats of dates in it.
import { dateFormats, dayFormat } from "../common/locale.js";
import settings from "../settings.js";

const language = document.documentElement.lang === "en" ? "en" : "id";

/** The `script` table of chalicelib/content, which the build writes as a module. */
export const words = (await import(`../words.${language}.js`)).default;

/** The path of a page in this language. */
export const localPath = (path) => words.prefix + path;

const formats = dateFormats(language, settings.zone);
export const timeText = formats({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const whenText = formats({
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});
/** `2026-11-27` as `27 Nov`. */
export const dayText = dayFormat(language, { day: "numeric", month: "short" });
