// The cart page: lines with steppers, and a quote of their prices.
import { callApi } from "../common/api.js";
import { h, query, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import * as cart from "./cart.js";
import { button, emptyCart, linkButton } from "./elements.js";
import { problemBox } from "./problem.js";
import { quoteTable } from "./quote.js";
import { localPath, words } from "./words.js";

const page = query("#cart");
const state = { quoteCount: 0 }; // quotes requested; only the response of the last is shown

function draw() {
  const lines = cart.lines();
  if (!lines.length) return setChildren(page, emptyCart());
  const prices = h("div", { class: "prices" }, h("p", { class: "small" }, words.checking_price));
  const checkout = linkButton("/checkout/", words.to_checkout, "whole");
  const summary = h("aside", { class: "summary" }, prices, checkout);
  const list = h("ul", { class: "lines" }, lines.map(lineRow));
  setChildren(page, h("div", { class: "two" }, list, summary));
  return updatePrices(prices);
}

const lineRow = (line) =>
  h(
    "li",
    { "data-line": line.sku },
    h("img", { src: line.art, alt: "", width: 72, height: 72, onerror: hideImage }),
    h(
      "div",
      {},
      h("a", { href: localPath(line.path) }, line.name),
      h("p", { class: "small", "data-unit-price": line.sku }, "\u00a0"),
    ),
    stepper(line),
  );

const hideImage = ({ target }) => {
  target.style.visibility = "hidden";
};

function stepper({ sku, name, quantity }) {
  const changeBy = (difference) => () => {
    cart.setQuantity(sku, quantity + difference);
    draw();
    query(`[data-line="${CSS.escape(sku)}"] [data-more]`)?.focus();
  };
  const isLast = quantity === 1;
  const less = { "aria-label": isLast ? words.remove : words.less, onclick: changeBy(-1) };
  const more = { "aria-label": words.more, "data-more": "", onclick: changeBy(1) };
  return h(
    "div",
    { class: "stepper", role: "group", "aria-label": `${words.quantity} ${name}` },
    h("button", { type: "button", ...less }, isLast ? "×" : "−"),
    h("output", {}, String(quantity)),
    h("button", { type: "button", ...more }, "+"),
  );
}

async function updatePrices(prices) {
  state.quoteCount += 1;
  const quoteNumber = state.quoteCount;
  const show = await loadQuote();
  if (quoteNumber === state.quoteCount) show(prices);
}

/** Returns a function that shows the quote, or the problem, in an element. */
async function loadQuote() {
  const names = cart.productNames();
  try {
    const body = { channel: "web", lines: cart.requestLines() };
    const quote = await callApi("POST", "/quotes", { body });
    return (prices) => showQuote(prices, quote);
  } catch (problem) {
    const action = correctionButton(problem.facts ?? {});
    return (prices) => setChildren(prices, problemBox(problem, { names, action }));
  }
}

function showQuote(prices, quote) {
  setChildren(prices, quoteTable(quote), quote.short?.length ? correctionButton(quote) : "");
  for (const { sku, unit_price } of quote.lines) {
    const element = query(`[data-unit-price="${CSS.escape(sku)}"]`, page);
    setChildren(element, interpolate(words.unit_price, { price: formatMoney(unit_price) }));
  }
}

/** A button that reduces the cart to what can be sold or, for any other problem, retries. */
function correctionButton({ short, skus }) {
  if (!short && !skus) return button(words.again, draw, "outline");
  return button(words.adjust, () => {
    for (const { sku, available } of short || []) cart.setQuantity(sku, available);
    for (const sku of skus || []) cart.setQuantity(sku, 0);
    draw();
  });
}

// At the end of the file, because `draw` needs the constants above.
draw();
