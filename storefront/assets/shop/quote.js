// The priced cart as the API says it: every difference from the plain price with its reason.
import { h, say } from "../common/dom.js";
import { formatted } from "../common/money.js";
import { words } from "./words.js";

export const quoteTable = (quote) => [shortage(quote), sum(quote)];

const sum = (quote) =>
  h(
    "dl",
    { class: "sum" },
    quote.lines.map(lineOf),
    row(words.freight, quote.freight?.amount ? formatted(quote.freight) : words.free),
    h("div", { class: "total" }, h("dt", {}, words.total, h("small", {}, " " + words.tax_included)), h("dd", {}, formatted(quote.total))),
  );

function shortage({ short = [], lines }) {
  const nameOf = (sku) => lines.find((line) => line.sku === sku)?.name || sku;
  if (!short.length) return "";
  return h("div", { class: "problem" }, h("p", {}, h("b", {}, words.problems.out_of_stock)), h("ul", {}, short.map((each) => h("li", {}, say(words.wanted_available, { ...each, name: nameOf(each.sku) })))));
}

const lineOf = (line) => [
  row(`${line.quantity} × ${line.name || line.sku}`, formatted({ ...line.unit_price, amount: line.unit_price.amount * line.quantity })),
  (line.adjustments || []).map((each) => h("div", { class: "adjustment" }, h("dt", {}, each.says || each.code), h("dd", {}, formatted(each.amount)))),
];

const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
