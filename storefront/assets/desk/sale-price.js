// The price of a sale, quoted by the API after every change.
import { h, query, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { mutedText } from "./elements.js";
import { problemText } from "./feedback.js";
import { productName } from "./reference-data.js";
import { readSale } from "./sale-form.js";
import { quoteRequest } from "./sale-request.js";
import { callAsStaff } from "./session.js";
import { words } from "./words.js";

/** Shows the price, unless another update was started before the response arrived. */
export async function updatePrice(sale) {
  sale.quoteCount += 1;
  const quoteNumber = sale.quoteCount;
  sale.quote = null;
  const content = sale.lines.size ? await loadPrice(sale) : mutedText(words.sell.empty);
  const isLast = quoteNumber === sale.quoteCount;
  if (isLast) setChildren(query("#price", sale.form), content);
}

/** Shows the quote of a refusal in place of the one that it was refused for. */
export function replacePrice(sale, quote) {
  sale.quoteCount += 1; // an update that is under way is older
  sale.quote = quote;
  setChildren(query("#price", sale.form), sums(quote));
}

async function loadPrice(sale) {
  try {
    sale.quote = await callAsStaff("POST", "/quotes", { body: quoteRequest(readSale(sale)) });
    return sums(sale.quote);
  } catch (problem) {
    return mutedText(problemText(problem));
  }
}

const sums = ({ lines, freight, total, short }) => [
  lines.map(lineRows),
  freight?.amount ? row("+", freight) : "",
  h("div", { class: "total" }, h("span", {}, words.total), h("b", {}, formatMoney(total))),
  (short || []).map(shortageText),
];

const lineRows = ({ sku, name, quantity, total, adjustments }) => [
  row(`${quantity} × ${name || productName(sku)}`, total),
  (adjustments || []).map(adjustmentText),
];

const adjustmentText = ({ says: reason, amount }) =>
  h("small", {}, `${reason} ${formatMoney(amount)}`);

const row = (label, money) => h("div", {}, h("span", {}, label), h("span", {}, formatMoney(money)));

const shortageText = ({ sku, available }) =>
  h("p", { class: "warn" }, interpolate(words.sell.short, { name: productName(sku), available }));
