// @ts-check
import { containsWords, wordsOf } from "../common/text.js";

/** @typedef {{ sku: string, name: string, barcode?: string }} Product */

const MOST_FOUND = 6;

/**
 * Products whose name, SKU and barcode contain every word; none for an empty search.
 *
 * @template {Product} P
 * @param {P[]} products
 * @param {string} search
 */
export function searchProducts(products, search) {
  if (!wordsOf(search).length) return [];
  return products.filter((each) => containsWords(textOf(each), search)).slice(0, MOST_FOUND);
}

const textOf = (/** @type {Product} */ { name, sku, barcode }) => `${name} ${sku} ${barcode}`;

/**
 * The product that a scan or a typed code means, or else the first that the words find.
 *
 * @template {Product} P
 * @param {P[]} products
 * @param {string} text
 * @returns {P | undefined}
 */
export function findProduct(products, text) {
  const code = text.trim();
  const isMeant = (/** @type {P} */ { barcode, sku }) => code === barcode || code === sku;
  return (code ? products.find(isMeant) : undefined) ?? searchProducts(products, text)[0];
}
