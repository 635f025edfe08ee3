// The priced cart as the API says it: every difference from the plain price with its reason.
import { h, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { dayText, words } from "./words.js";

export const quoteTable = (quote) => [shortage(quote), sum(quote)];

const sum = (quote) =>
  h(
    "dl",
    { class: "sum" },
    quote.lines.map(lineOf),
    row(words.freight, quote.freight?.amount ? formatMoney(quote.freight) : words.free),
    h("div", { class: "total" }, h("dt", {}, words.total, h("small", {}, " " + words.tax_included)), h("dd", {}, formatMoney(quote.total))),
  );

/** Whether waiting would help: all that is short is expected on some day. */
export const comesLater = ({ short = [] }) => short.length > 0 && short.every((each) => (each.expected || []).reduce((sum, later) => sum + later.quantity, each.available) >= each.wanted);

function shortage({ short = [], lines }) {
  const nameOf = (sku) => lines.find((line) => line.sku === sku)?.name || sku;
  if (!short.length) return "";
  return h("div", { class: "problem" }, h("p", {}, h("b", {}, words.problems.out_of_stock)), h("ul", {}, short.map((each) => h("li", {}, say(words.wanted_available, { ...each, name: nameOf(each.sku) }), (each.expected || []).map((later) => h("small", {}, say(words.more_on, { count: later.quantity, day: dayText(later.on) })))))));
}

const lineOf = (line) => [
  row(`${line.quantity} × ${line.name || line.sku}`, formatMoney({ ...line.unit_price, amount: line.unit_price.amount * line.quantity })),
  (line.later || []).map((each) => h("div", { class: "later" }, h("dt", {}, say(words.later, { count: each.quantity, day: dayText(each.on) })), h("dd", {}))),
  (line.adjustments || []).map((each) => h("div", { class: "adjustment" }, h("dt", {}, each.says || each.code), h("dd", {}, formatMoney(each.amount)))),
];

const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
