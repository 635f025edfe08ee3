// @ts-check

/**
 * `{count} left` with its facts filled in; a name without a fact stays as it is.
 *
 * @param {string} text
 * @param {Record<string, unknown>} facts
 */
export const interpolate = (text, facts = {}) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));

/**
 * Whether the text contains every word of the search, in any order and case.
 *
 * @param {string} text
 * @param {string} search
 */
export const containsWords = (text, search) => {
  const lower = text.toLowerCase();
  return wordsOf(search).every((word) => lower.includes(word));
};

export const wordsOf = (/** @type {string} */ search) =>
  search.toLowerCase().split(/\s+/).filter(Boolean);

/**
 * The last part of `customer.phone` or `coupons.SALE` that the table has words for, or "".
 *
 * @param {string} field
 * @param {Record<string, unknown>} table
 */
export const namedPart = (field, table) =>
  field
    .split(".")
    .reverse()
    .find((part) => Object.hasOwn(table, part)) ?? "";
