// @ts-check
// Fills placeholders in texts and matches search words.

/**
 * Replaces placeholders such as `{count}` by values; a placeholder without a value stays.
 *
 * @param {string} text
 * @param {Record<string, unknown>} values by name
 */
export const interpolate = (text, values = {}) =>
  text.replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));

/**
 * Whether the text contains every word of the search, in any order and case.
 *
 * @param {string} text
 * @param {string} search
 */
export const containsWords = (text, search) => {
  const lowerText = text.toLowerCase();
  return splitWords(search).every((word) => lowerText.includes(word));
};

export const splitWords = (/** @type {string} */ search) =>
  search.toLowerCase().split(/\s+/).filter(Boolean);

/**
 * The last part of a field path, such as `customer.phone` or `coupons.SALE`, that is a key of the
 * table; "" if none is.
 *
 * @param {string} path
 * @param {Record<string, unknown>} table
 */
export const lastKnownPart = (path, table) =>
  path
    .split(".")
    .reverse()
    .find((part) => Object.hasOwn(table, part)) ?? "";
