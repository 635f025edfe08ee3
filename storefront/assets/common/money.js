// @ts-check
import { CURRENCIES } from "./currencies.js";

/**
 * @typedef {object} Money
 * @property {number} amount in whole minor units
 * @property {keyof typeof CURRENCIES} currency
 */

/**
 * The amount as people write it: `Rp1.250`, `US$1,250.00`. The same as `format_money` in Python.
 *
 * @param {Money} money
 */
export function formatMoney({ amount, currency }) {
  const { exponent, symbol, thousands_mark, decimal_mark } = CURRENCIES[currency];
  const digits = String(Math.abs(amount)).padStart(exponent + 1, "0");
  const split = digits.length - exponent;
  const whole = digits.slice(0, split).replace(/\B(?=(\d{3})+$)/g, thousands_mark);
  const part = exponent ? decimal_mark + digits.slice(split) : "";
  return (amount < 0 ? "-" : "") + symbol + whole + part;
}
