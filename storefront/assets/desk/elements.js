// Elements that several screens use.
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { productName } from "./reference-data.js";
import { stateText, words } from "./words.js";

export const button = (text, onclick, kind = "") =>
  h("button", { type: "button", class: kind, onclick }, text);

export const submitButton = (text) => h("button", { type: "submit" }, text);

export const linkButton = (href, text) => h("a", { href, role: "button", class: "outline" }, text);

export const badge = (state) =>
  h("span", { class: "badge", "data-state": state }, stateText(state));

/** A centered text in place of content: loading, empty or failed. */
export const mutedText = (text) => h("p", { class: "quiet" }, text);

/** A name and its value, for a list with class `figures`. */
export const figure = (name, value, kind = "", note = "") =>
  h(
    "div",
    { class: kind },
    h("dt", {}, name),
    h("dd", {}, value, note && h("small", {}, ` ${note}`)),
  );

export const goodsList = (lines) =>
  h(
    "ul",
    { class: "goods" },
    ...lines.map(({ sku, name, quantity }) => goodsItem(name || productName(sku), quantity)),
  );

const goodsItem = (name, quantity) => h("li", {}, h("b", {}, `${quantity} ×`), " ", name);

/** The cash to collect. If an order has several deliveries, the last one collects it. */
export function cashToCollect({ cash_to_collect: due, cash_with_last: isWithLast }) {
  if (!due?.amount) return "";
  const text = interpolate(words.cash_to_collect, { amount: formatMoney(due) });
  const note = isWithLast ? h("small", {}, ` ${words.cash_with_last}`) : "";
  return h("p", { class: "cash" }, text, note);
}

/** Texts in one line, separated by dots; empty ones are skipped. */
export const joinTexts = (...texts) => texts.filter(Boolean).join(" · ");

export const addressText = ({ street, city, postcode }) =>
  [street, city, postcode].filter(Boolean).join(", ");
