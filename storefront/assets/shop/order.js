// The order page, opened by its secret link and renewed while it is visible.
import { call } from "../common/api.js";
import { fill, h, one, whileWatched } from "../common/dom.js";
import { fingerprint, sendOnce } from "../common/idempotency.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { myOrders, orderPath, rememberOrder, tokenOf } from "./my-orders.js";
import { addressText, button, linkButton } from "./parts.js";
import { choosing, payments } from "./pay.js";
import { kindly } from "./problem.js";
import { quoteTable } from "./quote.js";
import { timeline } from "./timeline.js";
import { to, whenText, words } from "./words.js";

const EVERY_SECONDS = 10;
const CANCELLABLE = new Set(["unassigned", "offered", "assigned"]);

const page = one("#order");
const query = new URLSearchParams(location.search);
const id = query.get("id") || "";
const token = query.get("token") || tokenOf(id);
const places = JSON.parse(one("#places").textContent);
const path = `/orders/${encodeURIComponent(id)}`;
const state = { shown: "" }; // the order that is drawn, as JSON

async function load() {
  try {
    const order = await call("GET", path, { token });
    if (token) rememberOrder(order, token);
    if (isComing(order)) order.coming = await loadComing();
    if (JSON.stringify(order) !== state.shown && !isBusy()) draw(order);
  } catch (problem) {
    if (!state.shown || !problem.unanswered) showProblem(problem);
  }
}

const isComing = (order) => order.brought_by && order.status === "placed";

const loadComing = async () => (await call("GET", `${path}/delivery`, { token })).brought_by;

/** A refresh must not lose what the shopper is typing, nor close an open dialog. */
const isBusy = () =>
  [...page.querySelectorAll("input, dialog[open]")].some(
    (field) => (field.type !== "radio" && field.value) || field.open,
  );

const showProblem = (problem) =>
  fill(
    page,
    h("h1", { class: "plain" }, words.order),
    kindly(problem, { after: h("p", {}, words.open_link) }),
    toCatalog(),
  );

function draw(order) {
  state.shown = JSON.stringify(order);
  document.title = `${words.order} ${order.number}`;
  const [time, todo, more] = order.status === "draft" ? draftParts(order) : placedParts(order);
  const goods = [h("h2", {}, words.lines), quoteTable(order), whereTo(order), more];
  fill(
    page,
    h("header", { class: "order-head" }, h("h1", { class: "plain" }, document.title), time),
    h("div", { class: "two" }, h("div", {}, todo), h("aside", { class: "summary" }, goods)),
    h("p", { class: "small" }, words.keep_link),
  );
}

const placedParts = (order) => [
  h("p", {}, interpolate(words.placed_at, { time: whenText(order.placed_at) })),
  [timeline(order), bringer(order), payments(order, act)],
  cancelling(order),
];

/** A draft that staff made: the customer chooses how to pay, and then it is an order. */
const draftParts = (order) => [
  h("p", {}, interpolate(words.draft_until, { time: whenText(order.valid_until) })),
  choosing(order, act),
  "",
];

/** A first name and a time, never a phone number: the shopper asks to be called. */
function bringer(order) {
  if (!isComing(order)) return "";
  const ask = async () => {
    if (await act(`${path}/call-me`))
      one(".bringer button", page)?.replaceWith(h("small", {}, words.call_asked));
  };
  const callMe = order.coming ? button(words.call_me, ask, "link") : "";
  return h("p", { class: "bringer" }, bringerText(order), " ", callMe);
}

function bringerText({ brought_by: name, coming }) {
  if (!coming?.when) return interpolate(words.brings, { name });
  return interpolate(words.brings_by, { name, time: whenText(coming.when) });
}

function whereTo({ delivery }) {
  const { method, address, location: store } = delivery || {};
  if (method === "pickup") return where(words.pickup_at, places[store]?.name || store);
  return address ? where(words.delivery_to, addressText(address)) : "";
}

const where = (label, place) => h("p", { class: "where" }, h("b", {}, label), h("br"), place);

function cancelling(order) {
  if (order.status !== "placed" || !CANCELLABLE.has(order.fulfillment_status)) return "";
  const cancel = async () => {
    dialog.close();
    await act(`${path}/cancel`, { reason: "customer" });
  };
  const close = button(words.cancel_no, () => dialog.close(), "outline");
  const sure = button(words.cancel_yes, cancel, "danger");
  const question = h("article", {}, h("p", {}, words.cancel_sure), h("footer", {}, close, sure));
  const dialog = h("dialog", {}, question);
  return [button(words.cancel, () => dialog.showModal(), "link danger-text"), dialog];
}

/** Changes the order and draws it as it is now; answers whether that was possible. */
async function act(address, body) {
  const name = `key.${address}.${fingerprint(JSON.stringify(body) ?? "")}`;
  const send = ({ key }) => call("POST", address, { body, key, token });
  try {
    await sendOnce(name, () => null, send); // only the key is stored: a picture is too large
  } catch (problem) {
    page.prepend(kindly(problem));
    page.scrollIntoView();
    return false;
  }
  for (const input of page.querySelectorAll("input")) input.value = "";
  await load();
  return true;
}

function listMyOrders() {
  const orders = myOrders();
  const list = orders.length ? h("ul", { class: "orders" }, orders.map(entry)) : noOrders();
  fill(page, h("h1", { class: "plain" }, words.your_orders), list);
}

const noOrders = () =>
  h(
    "div",
    { class: "empty" },
    h("p", {}, words.no_orders),
    h("p", { class: "small" }, words.open_link),
    toCatalog(),
  );

const toCatalog = () => linkButton("/", words.to_catalog);

const entry = (order) =>
  h(
    "li",
    {},
    h(
      "a",
      { href: to(orderPath(order)) },
      h("b", {}, order.number),
      h("span", {}, whenText(order.at)),
      h("span", { class: "price" }, formatMoney(order.total)),
    ),
  );

// Last in the file, because it runs at once and needs every constant above.
if (id) whileWatched(EVERY_SECONDS, load);
else listMyOrders();
