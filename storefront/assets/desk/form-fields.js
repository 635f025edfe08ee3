// Form fields with their labels, and amounts of money in them.
import { h } from "../common/dom.js";
import { fromDecimal, toDecimal } from "../common/money.js";
import settings from "../settings.js";

export const fieldset = (legend, ...children) =>
  h("fieldset", {}, h("legend", {}, legend), ...children);

export const field = (label, attributes) => h("label", {}, label, h("input", attributes));

/** `choices` are pairs of value and text. */
export const select = (label, name, choices, chosen) =>
  h("label", {}, label, h("select", { name }, options(choices, chosen)));

/** A select without a visible label, for a fieldset whose legend is the same text. */
export const unlabelledSelect = (label, name, choices) =>
  h("select", { name, "aria-label": label }, options(choices));

const options = (choices, chosen) =>
  choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text));

/** The input or select inside a label that a function above returned. */
export const inputOf = (label) => label.querySelector("input, select");

/** A field for an amount in the shop's currency. `limits` (min, max, value) are minor units. */
export function moneyField(label, name, limits = {}) {
  const step = toDecimal(money(1));
  const inputmode = step === "1" ? "numeric" : "decimal";
  const decimals = Object.entries(limits).map(([key, minor]) => [key, toDecimal(money(minor))]);
  const attributes = { name, type: "number", step, inputmode, required: true };
  return field(label, { ...attributes, ...Object.fromEntries(decimals) });
}

const money = (amount) => ({ amount, currency: settings.currency });

/** The Money typed into the input of a money field. */
export const readMoney = (input) => fromDecimal(input.value, settings.currency);
