// @ts-check
// Formats and parses amounts of money.
import { CURRENCIES } from "./currencies.js";

/** @typedef {keyof typeof CURRENCIES} CurrencyCode */
/** @typedef {{ amount: number, currency: CurrencyCode }} Money amount in whole minor units */

/**
 * The amount with its symbol: `Rp1.250`, `US$1,250.00`. Matches `format_money` in Python; both
 * pass the examples in tests/kit/money.json.
 *
 * @param {Money} money
 */
export function formatMoney({ amount, currency }) {
  const { exponent, symbol, thousands_mark, decimal_mark } = CURRENCIES[currency];
  const digits = String(Math.abs(amount)).padStart(exponent + 1, "0");
  const wholeLength = digits.length - exponent;
  const whole = digits.slice(0, wholeLength).replace(/\B(?=(\d{3})+$)/g, thousands_mark);
  const fraction = exponent ? decimal_mark + digits.slice(wholeLength) : "";
  return (amount < 0 ? "-" : "") + symbol + whole + fraction;
}

/**
 * The amount in major units, as the value of a number field: `1250`, `12.50`.
 *
 * @param {Money} money
 */
export const toDecimal = ({ amount, currency }) =>
  (amount / 10 ** CURRENCIES[currency].exponent).toFixed(CURRENCIES[currency].exponent);

/**
 * Parses an amount in major units, rounded to a whole minor unit.
 *
 * @param {string} decimal
 * @param {CurrencyCode} currency
 * @returns {Money}
 */
export const fromDecimal = (decimal, currency) => ({
  amount: Math.round(Number(decimal) * 10 ** CURRENCIES[currency].exponent),
  currency,
});

/**
 * The values with amounts of money formatted, to be put into a text.
 *
 * @param {Record<string, unknown>} values by name
 */
export const formatAmounts = (values = {}) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isMoney(value) ? formatMoney(value) : value,
    ]),
  );

/**
 * @param {unknown} value
 * @returns {value is Money}
 */
const isMoney = (value) =>
  typeof value === "object" && value !== null && "amount" in value && "currency" in value;
