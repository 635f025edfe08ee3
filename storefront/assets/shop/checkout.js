// One form, one quote beside it, one order: `sendOnce` sees to it that a lost connection, a reload
// or a second tap makes no second order.
import { call } from "../common/api.js";
import { all, fill, h, one } from "../common/dom.js";
import { pendingRequest, sendOnce } from "../common/idempotency.js";
import { formatMoney } from "../common/money.js";
import { read, write } from "../common/storage.js";
import { namedPart } from "../common/text.js";
import settings from "../settings.js";
import { canWait } from "./availability.js";
import * as cart from "./cart.js";
import { isValid, showError } from "./form-validation.js";
import { orderPath, rememberOrder } from "./my-orders.js";
import { orderRequest, quoteRequest } from "./order-request.js";
import { emptyCart, linkButton } from "./parts.js";
import { placement } from "./placement.js";
import { kindly } from "./problem.js";
import { quoteTable } from "./quote.js";
import { to, words } from "./words.js";

const PENDING = "pending";
const CHANGES_PRICE = new Set(["delivery", "location", "postcode", "coupon", "payment"]);
const REMEMBERED = ["name", "phone", "email", "street", "city", "postcode"];
const TYPING_MILLISECONDS = 600;

const form = one("#checkout");
const field = (name) => form.elements[name]?.value.trim() ?? "";
// quotes: requests for a price so far, of which only the last is shown; timer: of the next one
const state = { quotes: 0, timer: undefined };

function open() {
  form.hidden = false;
  fillRemembered();
  showDelivery();
  showQuote();
  form.addEventListener("change", (event) => {
    showDelivery();
    if (CHANGES_PRICE.has(event.target.name)) showQuote();
  });
  form.elements.coupon.addEventListener("input", () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(showQuote, TYPING_MILLISECONDS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  if (pendingRequest(PENDING)) showUnanswered();
}

function fillRemembered() {
  for (const [name, value] of Object.entries(read("me", {})))
    if (form.elements[name]) form.elements[name].value = value;
}

const rememberFields = () =>
  write("me", Object.fromEntries(REMEMBERED.map((name) => [name, field(name)])));

function showDelivery() {
  const ships = field("delivery") === "ship";
  for (const part of all("[data-for]", form)) part.hidden = part.dataset.for !== field("delivery");
  form.elements.street.required = ships;
  form.elements.postcode.required = ships;
}

function formFacts() {
  const names = [...REMEMBERED, "delivery", "location", "coupon", "payment", "note"];
  return {
    fields: Object.fromEntries(names.map((name) => [name, field(name)])),
    lines: cart.wanted(),
    placement: placement(),
    country: settings.country,
    backorder: !one("#wait").hidden && form.elements.backorder.checked,
  };
}

async function showQuote() {
  if (!cart.count()) return;
  state.quotes += 1;
  const mine = state.quotes;
  try {
    const quote = await call("POST", "/quotes", { body: quoteRequest(formFacts()) });
    if (mine === state.quotes) drawQuote(quote);
  } catch (problem) {
    if (mine === state.quotes) showRefusal(problem);
  }
}

function drawQuote(quote) {
  const isPending = Boolean(pendingRequest(PENDING));
  fill(one("#quote"), quoteTable(quote));
  offerOnly(quote);
  one("#wait").hidden = !canWait(quote);
  if (!isPending) fill(one("#problem"));
  const label = isPending ? words.retry : words.place;
  one("#place").textContent = `${label} · ${formatMoney(quote.total)}`;
}

/** Only the ways to pay and the stores that this cart can have now can be chosen. */
function offerOnly({ payments, delivery }) {
  const stores = delivery
    ?.filter(({ method }) => method === "pickup")
    .map(({ location }) => location);
  allow(all("[name=payment]", form), "checked", payments);
  allow([...(form.elements.location?.options || [])], "selected", stores);
}

/** Allows these values, or all without a list; a choice that is not allowed moves to the first. */
function allow(choices, chosen, values) {
  for (const choice of choices) choice.disabled = Boolean(values) && !values.includes(choice.value);
  const first = choices.find((choice) => !choice.disabled);
  if (first && choices.some((choice) => choice[chosen] && choice.disabled)) first[chosen] = true;
}

async function submit() {
  if (!isValid(form)) return;
  if (!field("phone") && !field("email"))
    return showError(form.elements.phone, words.need_reach).focus();
  const button = one("#place");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  fill(one("#problem"));
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
    const request = () => orderRequest(formFacts());
    showPlaced(await sendOnce(PENDING, request, (sent) => call("POST", "/orders", sent)));
  } catch (problem) {
    if (problem.unanswered) return showUnanswered(problem);
    // The earlier order was refused for good, so the one that stands in the form is sent.
    if (isRepeated && cart.count()) return placeOrder();
    showRefusal(problem);
  }
}

function showPlaced(order) {
  rememberOrder(order, order.token);
  cart.clear();
  location.assign(to(orderPath(order)));
}

const INPUTS = { coupons: "coupon" };

/** Beside the button, and again under the fields that are meant. */
function showRefusal(problem) {
  const { short, skus, errors = [] } = problem.facts;
  const names = Object.fromEntries(cart.lines().map((line) => [line.sku, line.name]));
  const after = (short || skus) && linkButton("/keranjang/", words.adjust, "outline");
  fill(one("#problem"), kindly(problem, { names, after }));
  for (const part of errors.map((error) => namedPart(error.field, words.mend))) {
    const input = form.elements[INPUTS[part] || part];
    if (input instanceof HTMLElement) showError(input, words.mend[part]);
  }
  one("#problem").scrollIntoView({ block: "nearest" });
}

function showUnanswered(problem) {
  const isDown = problem?.code === "unavailable";
  const text = isDown ? words.problems.unavailable : words.unanswered;
  fill(one("#problem"), h("div", { class: "problem" }, h("p", {}, text)));
  one("#place").textContent = words.retry;
}

// Last in the file, because it runs at once and needs every constant above.
if (cart.count() || pendingRequest(PENDING)) open();
else fill(one("#no-cart"), emptyCart());
