import { call } from "../common/api.js";
import { fill, h, one, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import * as cart from "./cart.js";
import { kindly } from "./problem.js";
import { quoteTable } from "./quote.js";
import { to, words } from "./words.js";

const place = one("#basket");
let asked = 0;
draw();

function draw() {
  const lines = cart.lines();
  if (!lines.length) return fill(place, empty());
  const prices = h("div", { class: "prices" }, h("p", { class: "small" }, words.checking_price));
  fill(place, h("div", { class: "two" }, h("ul", { class: "lines" }, lines.map(row)), h("aside", { class: "summary" }, prices, checkout())));
  return price(prices);
}

function empty() {
  return h("div", { class: "empty" }, h("p", {}, words.empty_cart), h("a", { href: to("/"), role: "button" }, words.to_catalog));
}

function checkout() {
  return h("a", { href: to("/checkout/"), role: "button", class: "whole" }, words.to_checkout);
}

function row(line) {
  const change = (quantity) => {
    cart.set(line.sku, quantity);
    draw();
    one(`[data-line="${CSS.escape(line.sku)}"] [data-more]`)?.focus();
  };
  return h(
    "li",
    { "data-line": line.sku },
    h("img", { src: line.art, alt: "", width: 72, height: 72, onerror: (event) => (event.target.style.visibility = "hidden") }),
    h("div", {}, h("a", { href: to(line.path) }, line.name), h("p", { class: "small", "data-each": line.sku }, "\u00a0")),
    h(
      "div",
      { class: "stepper", role: "group", "aria-label": `${words.quantity} ${line.name}` },
      h("button", { type: "button", "aria-label": line.quantity === 1 ? words.remove : words.less, onclick: () => change(line.quantity - 1) }, line.quantity === 1 ? "×" : "−"),
      h("output", {}, String(line.quantity)),
      h("button", { type: "button", "data-more": "", "aria-label": words.more, onclick: () => change(line.quantity + 1) }, "+"),
    ),
  );
}

async function price(prices) {
  const mine = ++asked;
  const names = Object.fromEntries(cart.lines().map((line) => [line.sku, line.name]));
  try {
    const quote = await call("POST", "/quotes", { body: { channel: "web", lines: cart.wanted() } });
    if (mine !== asked) return;
    fill(prices, quoteTable(quote), quote.short?.length ? remedy({ facts: quote }) : "");
    for (const line of quote.lines) fill(one(`[data-each="${CSS.escape(line.sku)}"]`, place), say(words.each, { price: formatMoney(line.unit_price) }));
  } catch (problem) {
    if (mine === asked) fill(prices, kindly(problem, { names, after: remedy(problem) }));
  }
}

function remedy(problem) {
  const { short, skus } = problem.facts || {};
  if (!short && !skus) return h("button", { type: "button", class: "outline", onclick: draw }, words.again);
  const adjust = () => {
    for (const each of short || []) cart.set(each.sku, each.available);
    for (const sku of skus || []) cart.set(sku, 0);
    draw();
  };
  return h("button", { type: "button", onclick: adjust }, words.adjust);
}
