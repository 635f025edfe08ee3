// @ts-check
import { CURRENCIES } from "./currencies.js";

/** @typedef {keyof typeof CURRENCIES} CurrencyCode */
/** @typedef {{ amount: number, currency: CurrencyCode }} Money amount in whole minor units */

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

/**
 * The amount in major units, as a number field takes it: `1250`, `12.50`.
 *
 * @param {Money} money
 */
export const toDecimal = ({ amount, currency }) =>
  (amount / 10 ** CURRENCIES[currency].exponent).toFixed(CURRENCIES[currency].exponent);

/**
 * Money from the major units of a number field, rounded to a whole minor unit.
 *
 * @param {string} decimal
 * @param {CurrencyCode} currency
 * @returns {Money}
 */
export const fromDecimal = (decimal, currency) => ({
  amount: Math.round(Number(decimal) * 10 ** CURRENCIES[currency].exponent),
  currency,
});
