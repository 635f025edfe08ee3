// The order page: opened by its secret link, renewed while watched, and never louder than the order's own state.
import { call, newKey } from "../common/api.js";
import { fill, h, one, say, whileWatched } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { read, write } from "./keep.js";
import { choosing, payments } from "./pay.js";
import { kindly } from "./problem.js";
import { quoteTable } from "./quote.js";
import { steps } from "./timeline.js";
import { to, whenText, words } from "./words.js";

const EVERY_SECONDS = 10;
const page = one("#order");
const asked = new URLSearchParams(location.search);
const id = asked.get("id") || "";
const token = asked.get("token") || read("orders", []).find((each) => each.id === id)?.token || "";
const places = JSON.parse(one("#places").textContent);
let shown = "";

async function load() {
  try {
    const order = await call("GET", `/orders/${encodeURIComponent(id)}`, { token });
    remember(order);
    if (coming(order)) order.coming = (await call("GET", `/orders/${encodeURIComponent(id)}/delivery`, { token })).brought_by;
    if (JSON.stringify(order) !== shown && !busy()) draw(order);
  } catch (problem) {
    if (!shown || !problem.unanswered) fill(page, h("h1", { class: "plain" }, words.order), kindly(problem, { after: h("p", {}, words.open_link) }), toCatalog());
  }
}

/** Somebody typing a reference must not lose it to a refresh. */
const busy = () => [...page.querySelectorAll("input, dialog[open]")].some((field) => (field.type !== "radio" && field.value) || field.open);

function draw(order) {
  shown = JSON.stringify(order);
  if (order.status === "draft") return drawDraft(order);
  document.title = `${words.order} ${order.number}`;
  fill(
    page,
    h("header", { class: "order-head" }, h("h1", { class: "plain" }, `${words.order} ${order.number}`), h("p", {}, say(words.placed_at, { time: whenText(order.placed_at) }))),
    h("div", { class: "two" }, h("div", {}, steps(order), brings(order), payments(order, act)), h("aside", { class: "summary" }, h("h2", {}, words.lines), quoteTable(order), where(order), cancelling(order))),
    h("p", { class: "small" }, words.keep_link),
  );
}

/** What a salesman prepared: the same prices, and the customer says how he pays; then it is an order like any other. */
function drawDraft(order) {
  document.title = `${words.order} ${order.number}`;
  fill(
    page,
    h("header", { class: "order-head" }, h("h1", { class: "plain" }, `${words.order} ${order.number}`), h("p", {}, say(words.draft_until, { time: whenText(order.valid_until) }))),
    h("div", { class: "two" }, h("div", {}, choosing(order, act)), h("aside", { class: "summary" }, h("h2", {}, words.lines), quoteTable(order), where(order))),
    h("p", { class: "small" }, words.keep_link),
  );
}

const coming = (order) => order.brought_by && order.status === "placed";

/** A first name and a time, never a number: who wants to speak with him is called back. */
function brings(order) {
  if (!coming(order)) return "";
  const said = order.coming?.when ? say(words.brings_by, { name: order.brought_by, time: whenText(order.coming.when) }) : say(words.brings, { name: order.brought_by });
  const ask = async () => {
    if (await act(`/orders/${encodeURIComponent(order.id)}/call-me`)) one(".bringer button", page)?.replaceWith(h("small", {}, words.call_asked));
  };
  return h("p", { class: "bringer" }, said, " ", order.coming ? h("button", { type: "button", class: "link", onclick: ask }, words.call_me) : "");
}

function where(order) {
  const { method, address, location: store } = order.delivery || {};
  if (method === "pickup") return h("p", { class: "where" }, h("b", {}, words.pickup_at), h("br"), places[store]?.name || store);
  if (!address) return "";
  return h("p", { class: "where" }, h("b", {}, words.delivery_to), h("br"), [address.street, address.city, address.postcode].filter(Boolean).join(", "));
}

function cancelling(order) {
  if (order.status !== "placed" || !["unassigned", "offered", "assigned"].includes(order.fulfillment_status)) return "";
  const dialog = h(
    "dialog",
    {},
    h("article", {}, h("p", {}, words.cancel_sure), h("footer", {}, h("button", { type: "button", class: "outline", onclick: () => dialog.close() }, words.cancel_no), h("button", { type: "button", class: "danger", onclick: cancel }, words.cancel_yes))),
  );
  return [h("button", { type: "button", class: "link danger-text", onclick: () => dialog.showModal() }, words.cancel), dialog];

  async function cancel() {
    dialog.close();
    await act(`/orders/${encodeURIComponent(order.id)}/cancel`, { reason: "customer" });
  }
}

/** One change, its key kept for the whole attempt; then the page as it is now. */
async function act(path, body) {
  const kept = `key.${path}.${mark(JSON.stringify(body))}`;
  const key = read(kept, null) || newAttempt(kept);
  try {
    await call("POST", path, { body, key, token });
    write(kept, null);
  } catch (problem) {
    if (!problem.unanswered) write(kept, null);
    page.prepend(kindly(problem));
    page.scrollIntoView();
    return false;
  }
  for (const input of page.querySelectorAll("input")) input.value = "";
  await load();
  return true;
}

/** Which body it was, in a few characters: a picture is too long for a name. */
const mark = (text) => [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) >>> 0, 7).toString(36);

function newAttempt(kept) {
  const key = newKey();
  write(kept, key);
  return key;
}

function remember(order) {
  if (!token) return;
  const others = read("orders", []).filter((each) => each.id !== order.id);
  write("orders", [{ id: order.id, token, number: order.number, at: order.placed_at || order.made_at, total: order.total }, ...others].slice(0, 20));
}

function listMine() {
  const mine = read("orders", []);
  fill(page, h("h1", { class: "plain" }, words.your_orders), mine.length ? h("ul", { class: "orders" }, mine.map(entry)) : h("div", { class: "empty" }, h("p", {}, words.no_orders), h("p", { class: "small" }, words.open_link), toCatalog()));
}

const toCatalog = () => h("a", { href: to("/"), role: "button" }, words.to_catalog);

const entry = (each) =>
  h("li", {}, h("a", { href: `${to("/pesanan/")}?id=${encodeURIComponent(each.id)}&token=${encodeURIComponent(each.token)}` }, h("b", {}, each.number), h("span", {}, whenText(each.at)), h("span", { class: "price" }, formatMoney(each.total))));

// Last, when all that it uses stands: a page without an order once stayed at “loading” for ever.
if (id) whileWatched(EVERY_SECONDS, load);
else listMine();
