// The order page. The secret link of an order opens it, and it is refreshed while it is visible;
// without an order in the link, the page lists the orders of this device.
import { callApi } from "../common/api.js";
import { h, pollWhileVisible, query, setChildren } from "../common/dom.js";
import { fingerprint, sendOnce } from "../common/idempotency.js";
import { interpolate } from "../common/text.js";
import { addressText, button, catalogLink } from "./elements.js";
import { rememberOrder, tokenOf } from "./my-orders.js";
import { orderList } from "./order-list.js";
import { cameBack, canCancel } from "./order-steps.js";
import { paymentChoice, paymentSections } from "./payments.js";
import { problemBox } from "./problem.js";
import { quoteTable } from "./quote.js";
import { timeline } from "./timeline.js";
import { whenText, words } from "./words.js";

const REFRESH_SECONDS = 10;

const page = query("#order");
const alerts = query("#problem"); // of the last change
const parameters = new URLSearchParams(location.search);
const id = parameters.get("id") || "";
const token = parameters.get("token") || tokenOf(id);
const locations = JSON.parse(query("#places").textContent);
const path = `/orders/${encodeURIComponent(id)}`;
const state = { drawnJson: "" }; // the order on the page

async function load() {
  try {
    const order = await callApi("GET", path, { token });
    if (token) rememberOrder(order, token);
    if (isOnItsWay(order) || isPickup(order)) await loadDelivery(order);
    if (JSON.stringify(order) !== state.drawnJson && !isBusy()) draw(order);
  } catch (problem) {
    if (!state.drawnJson || !problem.isUnanswered) showProblem(problem);
  }
}

const isOnItsWay = (order) => order.brought_by && order.status === "placed" && !cameBack(order);

const isPickup = (order) => order.delivery?.method === "pickup" && order.status !== "draft";

/** Adds who brings the goods as `courier`, and the store where they can be collected as `pickup`. */
async function loadDelivery(order) {
  const { brought_by, pickup } = await callApi("GET", `${path}/delivery`, { token });
  order.courier = brought_by;
  order.pickup = pickup;
}

/** Whether a field is being filled or a dialog is open, which a refresh would clear or close. */
const isBusy = () =>
  [...page.querySelectorAll("input, dialog[open]")].some(
    (element) => (element.type !== "radio" && element.value) || element.open,
  );

const showProblem = (problem) =>
  setChildren(
    page,
    h("h1", { class: "plain" }, words.order),
    problemBox(problem, { action: h("p", {}, words.open_link) }),
    catalogLink(),
  );

function draw(order) {
  state.drawnJson = JSON.stringify(order);
  document.title = `${words.order} ${order.number}`;
  const { time, main, actions } =
    order.status === "draft" ? draftSections(order) : placedSections(order);
  const goods = [h("h2", {}, words.lines), quoteTable(order), destination(order), actions];
  setChildren(
    page,
    h("header", { class: "order-head" }, h("h1", { class: "plain" }, document.title), time),
    h("div", { class: "two" }, h("div", {}, main), h("aside", { class: "summary" }, goods)),
    h("p", { class: "small" }, words.keep_link),
  );
}

const placedSections = (order) => ({
  time: h("p", {}, interpolate(words.placed_at, { time: whenText(order.placed_at) })),
  main: [
    timeline(order),
    courierNote(order),
    pickupNote(order),
    paymentSections(order, postChange),
  ],
  actions: cancellation(order),
});

/** Staff created the draft; the customer places it by choosing a payment method. */
const draftSections = (order) => ({
  time: h("p", {}, interpolate(words.draft_until, { time: whenText(order.valid_until) })),
  main: paymentChoice(order, postChange),
  actions: "",
});

/** The courier's first name and arrival time, and a button that asks the courier for a call. */
function courierNote(order) {
  if (!isOnItsWay(order)) return "";
  const askForCall = async () => {
    if (await postChange(`${path}/call-me`))
      query(".courier button", page)?.replaceWith(h("small", {}, words.call_asked));
  };
  const callButton = order.courier ? button(words.call_me, askForCall, "link") : "";
  return h("p", { class: "courier" }, courierText(order), " ", callButton);
}

/** Where and when the goods can be collected, once all of them wait there. */
function pickupNote({ status, pickup }) {
  if (status !== "placed" || !pickup?.ready) return "";
  return h("p", { class: "courier" }, interpolate(words.ready_at, pickup), storeDetails(pickup));
}

function courierText({ brought_by: name, courier }) {
  if (!courier?.when) return interpolate(words.brings, { name });
  return interpolate(words.brings_by, { name, time: whenText(courier.when) });
}

function destination({ delivery, pickup }) {
  const { method, address, location: id } = delivery || {};
  if (method !== "pickup") return address ? labelled(words.delivery_to, addressText(address)) : "";
  const store = pickup ?? locations[id] ?? { name: id };
  return labelled(words.pickup_at, store.name, storeDetails(store));
}

const storeDetails = ({ address, hours, phone }) =>
  [address, hours && interpolate(words.open_hours, { hours }), phone]
    .filter(Boolean)
    .map((text) => h("small", {}, text));

const labelled = (label, ...texts) => h("p", { class: "where" }, h("b", {}, label), h("br"), texts);

function cancellation(order) {
  if (!canCancel(order)) return "";
  const cancel = async () => {
    dialog.close();
    await postChange(`${path}/cancel`, { reason: "customer" });
  };
  const no = button(words.cancel_no, () => dialog.close(), "outline");
  const yes = button(words.cancel_yes, cancel, "danger");
  const question = h("article", {}, h("p", {}, words.cancel_sure), h("footer", {}, no, yes));
  const dialog = h("dialog", {}, question);
  return [button(words.cancel, () => dialog.showModal(), "link danger-text"), dialog];
}

/** Sends a change of the order and redraws the page. Returns whether the API accepted it. */
async function postChange(changePath, body) {
  const name = `key.${changePath}.${fingerprint(JSON.stringify(body) ?? "")}`;
  const send = ({ key }) => callApi("POST", changePath, { body, key, token });
  setChildren(alerts);
  try {
    await sendOnce(name, () => null, send); // stores only the key: a picture is too large
  } catch (problem) {
    setChildren(alerts, problemBox(problem));
    alerts.scrollIntoView({ block: "nearest" });
    return false;
  }
  for (const input of page.querySelectorAll("input")) input.value = "";
  await load();
  return true;
}

// At the end of the file, because `load` needs the constants above.
if (id) pollWhileVisible(REFRESH_SECONDS, load);
else setChildren(page, orderList());
