// @ts-check
// Matches products with a search text or a scanned code.
import { containsWords, splitWords } from "../common/text.js";

/** @typedef {{ sku: string, name: string, barcode?: string }} Product */

const MAX_MATCHES = 6;

/**
 * Products whose name, SKU and barcode contain every word; none for an empty search.
 *
 * @template {Product} P
 * @param {P[]} products
 * @param {string} search
 */
export function searchProducts(products, search) {
  if (!splitWords(search).length) return [];
  return products
    .filter((product) => containsWords(searchText(product), search))
    .slice(0, MAX_MATCHES);
}

const searchText = (/** @type {Product} */ { name, sku, barcode }) => `${name} ${sku} ${barcode}`;

/**
 * The product with exactly this barcode or SKU, or else the first match of the words.
 *
 * @template {Product} P
 * @param {P[]} products
 * @param {string} text
 * @returns {P | undefined}
 */
export function findProduct(products, text) {
  const code = text.trim();
  const hasCode = (/** @type {P} */ { barcode, sku }) => code === barcode || code === sku;
  return (code ? products.find(hasCode) : undefined) ?? searchProducts(products, text)[0];
}
