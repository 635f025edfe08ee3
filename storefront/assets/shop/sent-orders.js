// Orders that were sent and not answered. Each is locked and shown whole; it can be sent again, or
// discarded after the API was asked whether it was placed. The cart is free for other goods.
import { callApi } from "../common/api.js";
import { h, query, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import {
  forgetRequest,
  newRequest,
  sendRequest,
  storedRequests,
  withdrawRequest,
} from "../common/sent-requests.js";
import { interpolate } from "../common/text.js";
import * as cart from "./cart.js";
import { addressText, button } from "./elements.js";
import { orderPath, rememberOrder } from "./my-orders.js";
import { problemBox } from "./problem.js";
import { localPath, whenText, words } from "./words.js";

const REQUESTS_NAME = "pending"; // under which the browser stores them

export const hasSentOrders = () => storedRequests(REQUESTS_NAME).length > 0;

/**
 * Sends the cart's order. When it is placed or unanswered its goods leave the cart. Throws the
 * problem if it was refused, and returns without a result if it is unanswered.
 */
export async function sendOrder(body, { lines, total, store }) {
  const outcome = await send(newRequest(body, { lines, total, store }));
  if (outcome.state === "refused") throw outcome.problem;
  cart.remove(lines);
  if (outcome.state === "placed") return openOrder(outcome.answer);
  return showSentOrders(outcome.problem);
}

const send = (request) =>
  sendRequest(REQUESTS_NAME, request, ({ key, body }) => callApi("POST", "/orders", { key, body }));

const withdraw = (request) =>
  withdrawRequest(REQUESTS_NAME, request, ({ key, body }) =>
    callApi("POST", "/orders/withdraw", { key, body }),
  );

function openOrder(order) {
  rememberOrder(order, order.token);
  location.assign(localPath(orderPath(order)));
}

/** Shows all unanswered orders in #sent; `problem` is why the last attempt had no answer. */
export function showSentOrders(problem = null) {
  const requests = storedRequests(REQUESTS_NAME);
  const place = query("#sent");
  setChildren(
    place,
    requests.map((request) => sentOrder(request, problem)),
  );
  if (problem) query("h2", place)?.focus();
  document.dispatchEvent(new CustomEvent("sent-orders"));
}

function sentOrder(request, problem) {
  const alert = h("div", { role: "alert" });
  const section = h(
    "section",
    { class: "sent" },
    h("h2", { tabindex: "-1" }, request.refusal ? words.sent_refused : words.sent_title),
    request.refusal ? "" : h("p", {}, statusText(request, problem)),
    facts(request),
    alert,
    request.refusal ? refusedActions(request) : unansweredActions(request, alert),
  );
  return section;
}

function statusText({ sent_at }, problem) {
  if (problem?.code === "unavailable") return words.problems.unavailable;
  return sent_at ? interpolate(words.unanswered_at, { time: whenText(sent_at) }) : words.unanswered;
}

/** The goods, total, customer, destination and payment method of the order as it was sent. */
function facts({ body, shown }) {
  const { customer = {}, delivery = {}, payments = [] } = body;
  const names = Object.fromEntries((shown?.lines ?? []).map(({ sku, name }) => [sku, name]));
  const reach = [customer.name, customer.phone, customer.email].filter(Boolean).join(", ");
  const isPickup = delivery.method === "pickup";
  return h(
    "dl",
    { class: "sum" },
    body.lines.map(({ sku, quantity }) => row(`${quantity} × ${names[sku] || sku}`, "")),
    shown?.total && row(words.total, formatMoney(shown.total)),
    row(words.ordered_by, reach),
    isPickup
      ? row(words.pickup_at, shown?.store || delivery.location)
      : row(words.delivery_to, addressText(delivery.address ?? {})),
    row(words.paid_by, payments.map(({ method }) => words.methods[method] || method).join(", ")),
    body.note && row(words.note, body.note),
  );
}

const row = (label, text) => h("div", {}, h("dt", {}, label), h("dd", {}, text));

const unansweredActions = (request, alert) =>
  h(
    "footer",
    {},
    button(words.retry, (event) => repeat(event.target, request)),
    button(words.discard, (event) => discard(event.target, request, alert), "outline"),
  );

async function repeat(control, request) {
  const outcome = await whileBusy(control, () => send(request));
  if (outcome.state === "placed") return openOrder(outcome.answer);
  return showSentOrders(outcome.problem);
}

/** Asks whether the order was placed; opens it if it was, else takes it off the page. */
async function discard(control, request, alert) {
  const outcome = await whileBusy(control, () => withdraw(request));
  if (outcome.state === "placed") return openOrder(outcome.answer);
  if (outcome.state === "unanswered")
    return setChildren(alert, h("p", { class: "problem" }, words.discard_unanswered));
  showSentOrders();
  return showDiscarded(request);
}

async function whileBusy(control, task) {
  control.disabled = true;
  control.setAttribute("aria-busy", "true");
  try {
    return await task();
  } finally {
    control.disabled = false;
    control.removeAttribute("aria-busy");
  }
}

const refusedActions = (request) => {
  const remove = () => {
    forgetRequest(REQUESTS_NAME, request);
    showSentOrders();
    showDiscarded(request);
  };
  return [
    problemBox({ code: request.refusal.code, facts: request.refusal }),
    h("footer", {}, button(words.remove_order, remove)),
  ];
};

/** Says that the order does not exist, and offers to put its goods back into the cart. */
function showDiscarded({ shown }) {
  const restore = () => {
    for (const { quantity, ...product } of shown.lines) cart.add(product, quantity);
    location.reload();
  };
  const note = h(
    "p",
    { class: "sent", role: "status", tabindex: "-1" },
    words.discarded,
    " ",
    shown?.lines?.length ? button(words.restore, restore, "link") : "",
  );
  query("#sent").prepend(note);
  note.focus();
}
