// The checkout page: shows a quote beside the form and places the order. An order without an answer
// is shown apart, by `sent-orders.js`.
import { callApi } from "../common/api.js";
import { query, setChildren } from "../common/dom.js";
import { showError } from "../common/field-error.js";
import { formatMoney } from "../common/money.js";
import { lastKnownPart } from "../common/text.js";
import { canWait } from "./availability.js";
import * as cart from "./cart.js";
import {
  chosenStoreName,
  fieldValue,
  fillRememberedFields,
  form,
  limitChoices,
  readForm,
  rememberFields,
  showDeliveryFields,
  showPosition,
} from "./checkout-form.js";
import { emptyCart, linkButton } from "./elements.js";
import { isValid } from "./form-validation.js";
import { orderRequest, quoteRequest } from "./order-request.js";
import { problemBox } from "./problem.js";
import { quoteTable } from "./quote.js";
import { hasSentOrders, sendOrder, showSentOrders } from "./sent-orders.js";
import { words } from "./words.js";

const CHANGES_PRICE = new Set(["delivery", "location", "postcode", "coupon", "payment"]);
const TYPING_MILLISECONDS = 600;

const state = {
  quoteCount: 0, // quotes requested; only the response of the last is shown
  quote: null, // the last quote, until the form changes
  timer: undefined, // delays the quote while a coupon is typed
};

function start() {
  fillRememberedFields();
  showDeliveryFields();
  form.addEventListener("change", (event) => {
    showDeliveryFields();
    if (CHANGES_PRICE.has(event.target.name)) updateQuote();
  });
  form.elements.coupon.addEventListener("input", () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(updateQuote, TYPING_MILLISECONDS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  document.addEventListener("sent-orders", showForm);
  showSentOrders();
}

/** Shows the form while the cart has goods. */
function showForm() {
  form.hidden = !cart.unitCount();
  setChildren(query("#no-cart"), form.hidden && !hasSentOrders() ? emptyCart() : "");
  updateQuote();
}

async function updateQuote() {
  if (!cart.unitCount()) return;
  state.quoteCount += 1;
  const quoteNumber = state.quoteCount;
  try {
    const quote = await callApi("POST", "/quotes", { body: quoteRequest(readForm()) });
    if (quoteNumber === state.quoteCount) showQuote(quote);
  } catch (problem) {
    if (quoteNumber === state.quoteCount) showQuoteProblem(problem);
  }
}

function showQuote(quote) {
  state.quote = quote;
  setChildren(query("#quote"), quoteTable(quote));
  limitChoices(quote);
  showPosition(quote);
  query("#wait").hidden = !canWait(quote);
  setChildren(query("#problem"));
  query("#place").textContent = `${words.place} · ${formatMoney(quote.total)}`;
}

/** Shows the problem; the total on the button would be that of another cart. */
function showQuoteProblem(problem) {
  state.quote = null;
  query("#place").textContent = words.place;
  showProblem(problem);
}

async function submit() {
  if (!isValid(form)) return;
  if (!fieldValue("phone") && !fieldValue("email"))
    return showError(form.elements.phone, words.need_reach).focus();
  const button = query("#place");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  setChildren(query("#problem"));
  try {
    await placeOrder();
  } catch (problem) {
    if (problem.code === "price_changed") showQuote(problem.facts.quote);
    showProblem(problem);
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

async function placeOrder() {
  rememberFields();
  const shown = { lines: cart.lines(), total: state.quote?.total, store: chosenStoreName() };
  await sendOrder(orderRequest({ ...readForm(), quotedTotal: shown.total }), shown);
}

/** Shows a problem beside the button, and its errors under their fields. */
function showProblem(problem) {
  const { short, skus, errors = [] } = problem.facts ?? {};
  const action = (short || skus) && linkButton("/keranjang/", words.adjust, "outline");
  setChildren(query("#problem"), problemBox(problem, { names: cart.productNames(), action }));
  for (const error of errors) showFieldError(error);
  query("#problem").scrollIntoView({ block: "nearest" });
}

const INPUT_NAMES = { coupons: "coupon" }; // where they differ from the names in the API

function showFieldError(error) {
  const name = lastKnownPart(error.field, words.field_errors);
  const input = form.elements[INPUT_NAMES[name] || name];
  if (input instanceof HTMLElement) showError(input, words.field_errors[name]);
}

// At the end of the file, because `start` needs the constants above.
start();
