// The price of a cart or an order: its lines, adjustments, freight, total and shortages.
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { shortageText } from "./problem.js";
import { dayText, words } from "./words.js";

export const quoteTable = (quote) => [shortageBox(quote), sums(quote)];

function shortageBox({ short = [], lines }) {
  if (!short.length) return "";
  return h(
    "div",
    { class: "problem" },
    h("p", {}, h("b", {}, words.problems.out_of_stock)),
    h("ul", {}, ...short.map((line) => shortageItem(line, lines))),
  );
}

function shortageItem(line, lines) {
  const name = lines.find(({ sku }) => sku === line.sku)?.name || line.sku;
  return h("li", {}, shortageText(line, name), (line.expected || []).map(arrivalText));
}

const arrivalText = ({ quantity, on }) =>
  h("small", {}, interpolate(words.more_on, { count: quantity, day: dayText(on) }));

const sums = (quote) =>
  h(
    "dl",
    { class: "sum" },
    quote.lines.map(lineRows),
    row(words.freight, quote.freight?.amount ? formatMoney(quote.freight) : words.free),
    h(
      "div",
      { class: "total" },
      h("dt", {}, words.total, h("small", {}, ` ${words.tax_included}`)),
      h("dd", {}, formatMoney(quote.total)),
    ),
  );

const lineRows = (line) => [
  row(
    `${line.quantity} × ${line.name || line.sku}`,
    formatMoney({ ...line.unit_price, amount: line.unit_price.amount * line.quantity }),
  ),
  (line.later || []).map(({ quantity, on }) =>
    row(interpolate(words.later, { count: quantity, day: dayText(on) }), "", "later"),
  ),
  (line.adjustments || []).map(({ says: reason, code, amount }) =>
    row(reason || code, formatMoney(amount), "adjustment"),
  ),
];

const row = (label, value, kind = null) =>
  h("div", { class: kind }, h("dt", {}, label), h("dd", {}, value));
