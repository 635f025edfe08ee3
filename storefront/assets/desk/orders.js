// The orders of one day, optionally of one channel, or those that a search finds on any day.
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { badge, joinTexts, mutedText } from "./elements.js";
import { showLive } from "./feedback.js";
import { field, inputOf, select } from "./form-fields.js";
import { callAsStaff } from "./session.js";
import { channelName, today, whenText, words } from "./words.js";

const REFRESH_SECONDS = 10;

/** Opens with today and all channels unless a day and a channel are given. */
export function ordersScreen(container, chosenDay, chosenChannel = "") {
  const dayAttributes = { type: "date", name: "day", value: chosenDay || today() };
  const day = field(words.recap.day, dayAttributes);
  const channels = [["", "–"], ...Object.entries(words.channels)];
  const channel = select(words.sell.channel, "channel", channels, chosenChannel);
  const search = field(words.find_order, { type: "search", name: "q", maxlength: "100" });
  const list = h("div", { class: "list" });
  setChildren(container, search, h("div", { class: "pair" }, day, channel), list);
  const load = () => loadOrders(readFilter(day, channel, search));
  const orders = showLive(list, REFRESH_SECONDS, load, (items) =>
    items.length ? items.map(orderRow) : mutedText(words.nothing),
  );
  container.addEventListener("change", orders.restart);
  return () => {
    orders.stop();
    container.removeEventListener("change", orders.restart);
  };
}

/** A search looks through all days. */
function readFilter(day, channel, search) {
  const q = inputOf(search).value.trim();
  const filter = { channel: inputOf(channel).value };
  return q ? { ...filter, q } : { ...filter, day: inputOf(day).value };
}

async function loadOrders(filter) {
  const { items } = await callAsStaff("GET", `/orders?${new URLSearchParams(filter)}`);
  return items;
}

function orderRow(order) {
  const progress = order.status === "placed" ? order.fulfillment_status : order.status;
  const origin = joinTexts(whenText(order.placed_at), channelName(order.channel));
  return h(
    "a",
    { class: "card row", href: `#/orders/${order.id}`, "data-key": order.id },
    h("span", {}, h("b", {}, order.number), h("small", {}, origin)),
    h("span", {}, badge(progress), badge(order.payment_status)),
    h("b", { class: "number" }, formatMoney(order.total)),
  );
}
