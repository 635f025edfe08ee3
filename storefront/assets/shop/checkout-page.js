// The checkout page: shows a quote beside the form and places the order. `sendOnce` prevents a
// second order after a lost connection, a reload or a second tap.
import { callApi } from "../common/api.js";
import { h, query, setChildren } from "../common/dom.js";
import { pendingRequest, sendOnce } from "../common/idempotency.js";
import { formatMoney } from "../common/money.js";
import { lastKnownPart } from "../common/text.js";
import { canWait } from "./availability.js";
import * as cart from "./cart.js";
import {
  fieldValue,
  fillRememberedFields,
  form,
  limitChoices,
  readForm,
  rememberFields,
  showDeliveryFields,
} from "./checkout-form.js";
import { emptyCart, linkButton } from "./elements.js";
import { isValid, showError } from "./form-validation.js";
import { orderPath, rememberOrder } from "./my-orders.js";
import { orderRequest, quoteRequest } from "./order-request.js";
import { problemBox } from "./problem.js";
import { quoteTable } from "./quote.js";
import { localPath, words } from "./words.js";

const PENDING = "pending"; // name of the stored request
const CHANGES_PRICE = new Set(["delivery", "location", "postcode", "coupon", "payment"]);
const TYPING_MILLISECONDS = 600;

const state = {
  quoteCount: 0, // quotes requested; only the response of the last is shown
  timer: undefined, // delays the quote while a coupon is typed
  quotedTotal: undefined, // the total that is shown
};

function start() {
  form.hidden = false;
  fillRememberedFields();
  showDeliveryFields();
  updateQuote();
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
  if (pendingRequest(PENDING)) showUnanswered();
}

async function updateQuote() {
  if (!cart.unitCount()) return;
  state.quoteCount += 1;
  const quoteNumber = state.quoteCount;
  try {
    const quote = await callApi("POST", "/quotes", { body: quoteRequest(readForm()) });
    if (quoteNumber === state.quoteCount) showQuote(quote);
  } catch (problem) {
    if (quoteNumber === state.quoteCount) showProblem(problem);
  }
}

function showQuote(quote) {
  const isPending = Boolean(pendingRequest(PENDING));
  state.quotedTotal = quote.total;
  setChildren(query("#quote"), quoteTable(quote));
  limitChoices(quote);
  query("#wait").hidden = !canWait(quote);
  if (!isPending) setChildren(query("#problem"));
  const label = isPending ? words.retry : words.place;
  query("#place").textContent = `${label} · ${formatMoney(quote.total)}`;
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
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

async function placeOrder() {
  const isRepeated = Boolean(pendingRequest(PENDING));
  rememberFields();
  try {
    const buildBody = () => orderRequest({ ...readForm(), quotedTotal: state.quotedTotal });
    openOrder(await sendOnce(PENDING, buildBody, (request) => callApi("POST", "/orders", request)));
  } catch (problem) {
    if (problem.isUnanswered) return showUnanswered(problem);
    // The pending order of an earlier attempt was refused, so the form's present order is sent.
    if (isRepeated && cart.unitCount()) return placeOrder();
    if (problem.code === "price_changed") showQuote(problem.facts.quote);
    showProblem(problem);
  }
}

function openOrder(order) {
  rememberOrder(order, order.token);
  cart.clear();
  location.assign(localPath(orderPath(order)));
}

/** Shows a problem beside the button, and its errors under their fields. */
function showProblem(problem) {
  const { short, skus, errors = [] } = problem.facts;
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

function showUnanswered(problem) {
  const isDown = problem?.code === "unavailable";
  const text = isDown ? words.problems.unavailable : words.unanswered;
  setChildren(query("#problem"), h("div", { class: "problem" }, h("p", {}, text)));
  query("#place").textContent = words.retry;
}

// At the end of the file, because `start` needs the constants above.
if (cart.unitCount() || pendingRequest(PENDING)) start();
else setChildren(query("#no-cart"), emptyCart());
