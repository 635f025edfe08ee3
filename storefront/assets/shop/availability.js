// @ts-check
// What a shopper can order, given the units on hand and the units expected.

/** @typedef {{ on: string, quantity: number }} Arrival units expected on a day */
/** @typedef {{ sku: string, wanted: number, available: number, expected?: Arrival[] }} Shortage */

const FEW_UNITS = 5;

/** Units that can be ordered, now or ahead; the checkout asks for consent to wait. */
export const orderableUnits = (
  /** @type {number} */ available,
  /** @type {Arrival[]} */ expected,
) => expected.reduce((sum, arrival) => sum + arrival.quantity, available);

/** @param {number} available @param {Arrival[]} expected */
export function stockState(available, expected) {
  if (available > FEW_UNITS) return "in_stock";
  if (available > 0) return "few";
  return orderableUnits(available, expected) > 0 ? "coming" : "out_of_stock";
}

/**
 * Whether a quote has shortages and the expected units cover all of them.
 *
 * @param {{ short?: Shortage[] }} quote
 */
export const canWait = ({ short = [] }) =>
  short.length > 0 &&
  short.every((line) => orderableUnits(line.available, line.expected ?? []) >= line.wanted);
