// @ts-check
// Dates and distances in the page's language and the shop's time zone.

/** @typedef {"id" | "en"} Language */
/** @typedef {(value: string | number | Date) => string} DateFormat */

const LOCALES = { id: "id-ID", en: "en-GB" };

/**
 * Makes formats of instants; an empty value gives an empty text.
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
 * Makes a format of calendar days such as `2026-11-27`, which are the same day in every time zone.
 *
 * @param {Language} language
 * @param {Intl.DateTimeFormatOptions} options
 */
export const dayFormat = (language, options) => dateFormats(language, "UTC")(options);

/**
 * Today's date in the time zone as `2026-11-27`, whatever zone the device is in.
 *
 * @param {string} timeZone
 * @param {Date} now
 */
export const dateIn = (timeZone, now) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(now);

/**
 * `0,1` in Indonesian, `0.1` in English.
 *
 * @param {number} meters
 * @param {Language} language
 */
export const formatKilometers = (meters, language) =>
  new Intl.NumberFormat(LOCALES[language], {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(meters / 1000);
