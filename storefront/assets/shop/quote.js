// The priced cart as the API says it: every difference from the plain price with its reason.
import { h } from "../common/dom.js";
import { formatted } from "../common/money.js";
import { words } from "./words.js";

export function quoteTable(quote) {
  return h(
    "dl",
    { class: "sum" },
    quote.lines.map(lineOf),
    row(words.freight, quote.freight && quote.freight.amount ? formatted(quote.freight) : words.free),
    h("div", { class: "total" }, h("dt", {}, words.total, h("small", {}, " " + words.tax_included)), h("dd", {}, formatted(quote.total))),
  );
}

const lineOf = (line) => [
  row(`${line.quantity} × ${line.name || line.sku}`, formatted({ ...line.unit_price, amount: line.unit_price.amount * line.quantity })),
  (line.adjustments || []).map((each) => h("div", { class: "adjustment" }, h("dt", {}, each.says || each.code), h("dd", {}, formatted(each.amount)))),
];

const row = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
