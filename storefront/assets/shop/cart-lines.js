// @ts-check
// Pure changes of the cart's lines. A line has no price; prices are quoted when they are shown.

/** @typedef {{ sku: string, name: string, path: string, art: string }} Product */
/** @typedef {Product & { quantity: number }} Line */

export const MAX_QUANTITY = 999;

/**
 * The lines with `quantity` more units of a product, at least one.
 *
 * @param {Line[]} lines
 * @param {Product} product
 * @param {number} quantity
 * @returns {Line[]}
 */
export function withAdded(lines, product, quantity) {
  const line = lines.find(({ sku }) => sku === product.sku);
  if (!line) return [...lines, { ...product, quantity: clampQuantity(quantity) }];
  return replaceLine(lines, { ...line, quantity: clampQuantity(line.quantity + quantity) });
}

/** @param {Line[]} lines @param {Line} line */
const replaceLine = (lines, line) => lines.map((other) => (other.sku === line.sku ? line : other));

/**
 * The lines with exactly `quantity` units of a SKU; 0 removes its line.
 *
 * @param {Line[]} lines
 * @param {string} sku
 * @param {number} quantity
 */
export const withQuantity = (lines, sku, quantity) =>
  validLines(
    lines.map((line) =>
      line.sku === sku ? { ...line, quantity: Math.min(MAX_QUANTITY, quantity) } : line,
    ),
  );

/**
 * The lines with `quantity` fewer units of a SKU, whose line is removed with its last unit.
 *
 * @param {Line[]} lines
 * @param {string} sku
 * @param {number} quantity
 */
export const withRemoved = (lines, sku, quantity) =>
  validLines(
    lines.map((line) =>
      line.sku === sku ? { ...line, quantity: line.quantity - quantity } : line,
    ),
  );

/** The usable lines: storage may hold lines of an older version, or edited ones. */
export const validLines = (/** @type {Line[]} */ lines) =>
  lines.filter((line) => line?.sku && line.quantity > 0);

export const countUnits = (/** @type {Line[]} */ lines) =>
  lines.reduce((sum, line) => sum + line.quantity, 0);

/** The nearest whole quantity from 1 to `max`. */
export const clampQuantity = (/** @type {number} */ quantity, max = MAX_QUANTITY) =>
  Math.max(1, Math.min(max, Math.floor(quantity) || 1));
