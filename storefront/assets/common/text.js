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

const QUOTES = /["'`\u00b4\u2018\u2019\u02bc\u2032\u201c\u201d\u201e\u00ab\u00bb]/g;

/**
 * The words of a text in lower case, without accents, quotes and punctuation. Matches
 * `fold_words` in Python; both pass the examples in tests/catalog/folded_texts.json.
 */
export const foldWords = (/** @type {string} */ text) =>
  text
    .replace(QUOTES, "")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/**
 * Whether the text contains every word of the search, in any order and case.
 *
 * @param {string} text
 * @param {string} search
 */
export const containsWords = (text, search) => {
  const foldedText = foldWords(text);
  return splitWords(search).every((word) => foldedText.includes(word));
};

/**
 * Whether each word of the search begins a word of the text, which is folded already.
 *
 * @param {string} foldedText
 * @param {string} search
 */
export const startsWords = (foldedText, search) =>
  splitWords(search).every((word) => ` ${foldedText}`.includes(` ${word}`));

export const splitWords = (/** @type {string} */ search) =>
  foldWords(search).split(" ").filter(Boolean);

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
