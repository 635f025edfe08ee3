// @ts-check
// What units on hand and units on their way allow a shopper to order.

/** @typedef {{ on: string, quantity: number }} Arrival */
/** @typedef {{ sku: string, wanted: number, available: number, expected?: Arrival[] }} Shortage */

const FEW_UNITS = 5;

/** Units that can be ordered now or ahead; the checkout asks for consent to wait. */
export const promisableUnits = (
  /** @type {number} */ available,
  /** @type {Arrival[]} */ expected,
) => expected.reduce((sum, arrival) => sum + arrival.quantity, available);

/** @param {number} available @param {Arrival[]} expected */
export function stockState(available, expected) {
  if (available > FEW_UNITS) return "in_stock";
  if (available > 0) return "few";
  return promisableUnits(available, expected) > 0 ? "coming" : "out_of_stock";
}

/**
 * Whether everything that is short is expected on some day.
 *
 * @param {{ short?: Shortage[] }} quote
 */
export const canWait = ({ short = [] }) =>
  short.length > 0 &&
  short.every((line) => promisableUnits(line.available, line.expected ?? []) >= line.wanted);
