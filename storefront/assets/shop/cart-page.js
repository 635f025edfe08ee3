// The cart page: lines with steppers, and a quote of their prices. A change updates only its line, so
// the focus stays where it is.
import { callApi } from "../common/api.js";
import { h, query, queryAll, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import * as cart from "./cart.js";
import { MAX_QUANTITY } from "./cart-lines.js";
import { button, emptyCart, linkButton } from "./elements.js";
import { problemBox } from "./problem.js";
import { quoteTable } from "./quote.js";
import { showSentOrders } from "./sent-orders.js";
import { localPath, words } from "./words.js";

const page = query("#cart");
const state = { quoteCount: 0 }; // quotes requested; only the response of the last is shown

function draw() {
  const lines = cart.lines();
  if (!lines.length) return setChildren(page, emptyCart());
  const checking = h("p", { class: "small" }, words.checking_price);
  const prices = h("div", { class: "prices", "aria-live": "polite" }, checking);
  const checkout = linkButton("/checkout/", words.to_checkout, "whole");
  const summary = h("aside", { class: "summary" }, prices, checkout);
  const list = h("ul", { class: "lines" }, lines.map(lineRow));
  setChildren(page, h("div", { class: "two" }, list, summary));
  return updatePrices();
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
    h("div", { class: "change" }, stepper(line), removeButton(line)),
  );

const hideImage = ({ target }) => {
  target.hidden = true;
};

/** Buttons that cannot be used stay focusable, so that a keyboard user keeps their place. */
function stepper({ sku, name, quantity }) {
  const count = h("output", {}, "");
  const less = stepButton("−", `${words.less}: ${name}`, () => change(-1));
  const more = stepButton("+", `${words.more}: ${name}`, () => change(1));
  let units = quantity;
  const show = () => {
    count.textContent = String(units);
    less.setAttribute("aria-disabled", String(units <= 1));
    more.setAttribute("aria-disabled", String(units >= MAX_QUANTITY));
  };
  const change = (difference) => {
    if (units + difference < 1 || units + difference > MAX_QUANTITY) return;
    units += difference;
    cart.setQuantity(sku, units);
    show();
    updatePrices();
  };
  show();
  const label = `${words.quantity} ${name}`;
  return h("div", { class: "stepper", role: "group", "aria-label": label }, less, count, more);
}

const stepButton = (sign, label, onclick) =>
  h("button", { type: "button", "aria-label": label, onclick }, sign);

/** Removes the line; the focus goes to the next one's button, else to the page's heading. */
const removeButton = ({ sku, name }) =>
  h(
    "button",
    {
      type: "button",
      class: "link",
      "aria-label": `${words.remove}: ${name}`,
      "data-remove": "",
      onclick: ({ target }) => {
        const buttons = queryAll("[data-remove]", page);
        const next = buttons[buttons.indexOf(target) + 1] ?? buttons.at(-2);
        target.closest("li").remove();
        cart.setQuantity(sku, 0);
        if (cart.unitCount()) updatePrices();
        else draw();
        (next ?? query("h1")).focus();
      },
    },
    words.remove,
  );

async function updatePrices() {
  state.quoteCount += 1;
  const quoteNumber = state.quoteCount;
  const show = await loadQuote();
  if (quoteNumber === state.quoteCount && cart.unitCount()) show(query(".prices", page));
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
    if (element)
      setChildren(element, interpolate(words.unit_price, { price: formatMoney(unit_price) }));
  }
}

/** A button that reduces the cart to what can be sold or, for any other problem, retries. */
function correctionButton({ short, skus }) {
  if (!short && !skus) return button(words.again, updatePrices, "outline");
  return button(words.adjust, () => {
    for (const { sku, available } of short || []) cart.setQuantity(sku, available);
    for (const sku of skus || []) cart.setQuantity(sku, 0);
    draw();
    query("h1").focus();
  });
}

// At the end of the file, because `draw` needs the constants above.
showSentOrders();
draw();
