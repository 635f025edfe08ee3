// @ts-check
// The arithmetic of the cart. A line has no price: prices are asked for when they are shown.

/** @typedef {{ sku: string, name: string, path: string, art: string }} Product */
/** @typedef {Product & { quantity: number }} Line */

export const MOST_UNITS = 999;

/**
 * The lines with so many more of a product; fewer than one counts as one.
 *
 * @param {Line[]} lines
 * @param {Product} product
 * @param {number} quantity
 * @returns {Line[]}
 */
export function withAdded(lines, product, quantity) {
  const line = lines.find(({ sku }) => sku === product.sku);
  if (!line) return [...lines, { ...product, quantity: bounded(quantity) }];
  return replaced(lines, { ...line, quantity: bounded(line.quantity + quantity) });
}

/**
 * The lines with exactly so many of a SKU; none removes its line.
 *
 * @param {Line[]} lines
 * @param {string} sku
 * @param {number} quantity
 */
export const withQuantity = (lines, sku, quantity) =>
  validLines(
    lines.map((line) =>
      line.sku === sku ? { ...line, quantity: Math.min(MOST_UNITS, quantity) } : line,
    ),
  );

/** Storage may hold anything: lines of an older version, or edited by hand. */
export const validLines = (/** @type {Line[]} */ lines) =>
  lines.filter((line) => line?.sku && line.quantity > 0);

export const countUnits = (/** @type {Line[]} */ lines) =>
  lines.reduce((sum, line) => sum + line.quantity, 0);

/** @param {Line[]} lines @param {Line} line */
const replaced = (lines, line) => lines.map((other) => (other.sku === line.sku ? line : other));

/** A whole number of units that may be in the cart. */
export const bounded = (/** @type {number} */ quantity, most = MOST_UNITS) =>
  Math.max(1, Math.min(most, Math.floor(quantity) || 1));
