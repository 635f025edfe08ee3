// @ts-check
// Formats dates and distances for the page's language and the shop's time zone.

/** @typedef {"id" | "en"} Language */
/** @typedef {(value: string | number | Date) => string} DateFormat */

const LOCALES = { id: "id-ID", en: "en-GB" };

/**
 * Returns a factory of formats for instants. An empty value is formatted as an empty text.
 *
 * @param {Language} language
 * @param {string} timeZone
 * @returns {(options: Intl.DateTimeFormatOptions) => DateFormat}
 */
export const dateFormats = (language, timeZone) => (options) => {
  const format = new Intl.DateTimeFormat(LOCALES[language], { timeZone, ...options });
  return (value) => (value ? format.format(new Date(value)) : "");
};

/**
 * Returns a format for calendar days such as `2026-11-27`, which no time zone shifts.
 *
 * @param {Language} language
 * @param {Intl.DateTimeFormatOptions} options
 */
export const dayFormat = (language, options) => dateFormats(language, "UTC")(options);

/**
 * The calendar day of an instant in a time zone, as `2026-11-27`.
 *
 * @param {string} timeZone
 * @param {Date} instant
 */
export const dateIn = (timeZone, instant) =>
  new Intl.DateTimeFormat("en-CA", { timeZone }).format(instant);

/**
 * Meters as kilometers with one decimal: `0,1` in Indonesian, `0.1` in English.
 *
 * @param {number} meters
 * @param {Language} language
 */
export const formatKilometers = (meters, language) =>
  new Intl.NumberFormat(LOCALES[language], {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(meters / 1000);
