// The cart page: lines with steppers, and beside them what they cost now.
import { call } from "../common/api.js";
import { fill, h, one } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import * as cart from "./cart.js";
import { button, emptyCart, linkButton } from "./parts.js";
import { kindly } from "./problem.js";
import { quoteTable } from "./quote.js";
import { to, words } from "./words.js";

const place = one("#basket");
const state = { quotes: 0 }; // requests for a price so far: only the last one is shown
function draw() {
  const lines = cart.lines();
  if (!lines.length) return fill(place, emptyCart());
  const prices = h("div", { class: "prices" }, h("p", { class: "small" }, words.checking_price));
  const checkout = linkButton("/checkout/", words.to_checkout, "whole");
  const summary = h("aside", { class: "summary" }, prices, checkout);
  fill(place, h("div", { class: "two" }, h("ul", { class: "lines" }, lines.map(row)), summary));
  return showPrices(prices);
}

const row = (line) =>
  h(
    "li",
    { "data-line": line.sku },
    h("img", { src: line.art, alt: "", width: 72, height: 72, onerror: hide }),
    h(
      "div",
      {},
      h("a", { href: to(line.path) }, line.name),
      h("p", { class: "small", "data-each": line.sku }, "\u00a0"),
    ),
    stepper(line),
  );

const hide = ({ target }) => {
  target.style.visibility = "hidden";
};

function stepper({ sku, name, quantity }) {
  const change = (by) => () => {
    cart.set(sku, quantity + by);
    draw();
    one(`[data-line="${CSS.escape(sku)}"] [data-more]`)?.focus();
  };
  const isLast = quantity === 1;
  const less = { "aria-label": isLast ? words.remove : words.less, onclick: change(-1) };
  const more = { "aria-label": words.more, "data-more": "", onclick: change(1) };
  return h(
    "div",
    { class: "stepper", role: "group", "aria-label": `${words.quantity} ${name}` },
    h("button", { type: "button", ...less }, isLast ? "×" : "−"),
    h("output", {}, String(quantity)),
    h("button", { type: "button", ...more }, "+"),
  );
}

async function showPrices(prices) {
  state.quotes += 1;
  const mine = state.quotes;
  const drawn = await priced();
  if (mine === state.quotes) drawn(prices);
}

/** What to draw when the price is known, or why it is not. */
async function priced() {
  const names = Object.fromEntries(cart.lines().map((line) => [line.sku, line.name]));
  try {
    const quote = await call("POST", "/quotes", { body: { channel: "web", lines: cart.wanted() } });
    return (prices) => showQuote(prices, quote);
  } catch (problem) {
    const after = remedy(problem.facts ?? {});
    return (prices) => fill(prices, kindly(problem, { names, after }));
  }
}

function showQuote(prices, quote) {
  fill(prices, quoteTable(quote), quote.short?.length ? remedy(quote) : "");
  for (const { sku, unit_price } of quote.lines) {
    const each = one(`[data-each="${CSS.escape(sku)}"]`, place);
    fill(each, interpolate(words.each, { price: formatMoney(unit_price) }));
  }
}

/** Takes out of the cart what cannot be had; asks again where the reason is another. */
function remedy({ short, skus }) {
  if (!short && !skus) return button(words.again, draw, "outline");
  return button(words.adjust, () => {
    for (const { sku, available } of short || []) cart.set(sku, available);
    for (const sku of skus || []) cart.set(sku, 0);
    draw();
  });
}

// Last in the file, because it runs at once and needs every constant above.
draw();
