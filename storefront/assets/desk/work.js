// Open work of one's own place, oldest first, with the steps that come next.
import { h, say, whileWatched } from "../common/dom.js";
import { ask, me } from "./me.js";
import { allPlaces, placeOf } from "./names.js";
import { badge, button, cash, doing, goods, quiet, select, steady } from "./parts.js";
import { dayText, whenText, words } from "./words.js";

const EVERY_SECONDS = 5;
const REASONS = ["not_found", "damaged", "closed", "too_busy"];
const ON_THE_ROAD = { ready: ["dispatch"], in_transit: ["deliver", "fail"], failed_attempt: ["dispatch"] };
const PAY_FIRST = new Set(["unpaid", "pending"]);

export function work(place) {
  const chooser = me.location || me.role === "salesman" ? "" : select(words.stock.place, "place", allPlaces().filter((each) => each.active).map((each) => [each.id, each.name]));
  const list = h("div", { class: "list" }, quiet(words.loading));
  place.replaceChildren(...[chooser, list].filter(Boolean));
  const show = steady(list, ({ items }) => (items.length ? items.map((item) => card(item, renew)) : quiet(words.empty.work)));
  let stopped = false;
  const renew = whileWatched(EVERY_SECONDS, async () => {
    if (stopped) return;
    const where = chooser ? `?location=${encodeURIComponent(chooser.querySelector("select").value)}` : "";
    try {
      const [open, later] = await Promise.all([ask("GET", "/fulfillments" + where), awaited(where)]);
      if (!stopped && !list.querySelector("dialog[open]")) show({ items: [...open.items, ...later.items] });
    } catch {
      // the next turn asks again
    }
  });
  if (chooser) chooser.addEventListener("change", renew);
  return () => (stopped = true);
}

/** Only a house waits for goods; what is promised from them stands below what can be begun, and never keeps that from being shown. */
const awaited = (where) => (me.role === "salesman" || me.role === "courier" ? { items: [] } : ask("GET", `/fulfillments${where ? where + "&" : "?"}of=awaiting`).catch(() => ({ items: [] })));

/** What may come next; the API refuses the rest anyway. */
function steps(item) {
  const road = ON_THE_ROAD[item.status] || [];
  if (me.role === "courier") return item.method === "ship" ? road : [];
  const gone = item.method === "pickup" || item.method === "handover" ? "handover" : "dispatch";
  if (item.kind === "van") return { accepted: [gone], ...ON_THE_ROAD, ready: [gone] }[item.status] || [];
  return { assigned: ["accept"], accepted: ["pick"], picking: ["ready"], ...ON_THE_ROAD, ready: [gone] }[item.status] || [];
}

const mayReject = (item) => me.role !== "courier" && ["assigned", "accepted", "picking"].includes(item.status);

function card(item, renew) {
  const dialog = rejecting(item, renew);
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, item.number), badge(item.status)),
    goods(item.lines),
    h("p", { class: "facts" }, words.methods[item.method] || item.method, " · ", words.channels[item.channel] || item.channel),
    item.expected_on ? h("p", { class: "warn" }, say(words.stock.arrives, { day: dayText(item.expected_on) })) : "",
    cash(item),
    PAY_FIRST.has(item.payment_status) && !item.cash_to_collect?.amount ? h("p", { class: "warn" }, words.paid_first) : "",
    whom(item),
    item.note ? h("p", {}, h("b", {}, words.note + ": "), item.note) : "",
    h("footer", {}, steps(item).map((step, i) => button(words.actions[step], (event) => take(event.target, item, step, renew), i ? "outline" : "")), mayReject(item) ? button(words.actions.reject, () => dialog.showModal(), "outline") : ""),
    h("small", {}, whenText(item.assigned_at), " · ", h("a", { href: `#/orders/${item.order_id}` }, words.order), " · ", placeOf(item.location)),
    dialog,
  );
}

function whom(item) {
  const { customer, address } = item;
  if (!customer && !address) return "";
  const street = address ? [address.street, address.city, address.postcode].filter(Boolean).join(", ") : "";
  return h(
    "p",
    { class: "whom" },
    customer?.name ? h("b", {}, customer.name) : "",
    customer?.phone ? h("a", { href: `tel:${customer.phone}` }, words.call) : "",
    street ? h("span", {}, street) : "",
  );
}

const take = (control, item, step, renew) =>
  doing(control, async () => {
    const body = step === "fail" ? { reason: words.actions.fail } : undefined;
    try {
      await ask("POST", `/fulfillments/${item.id}/${step}`, { body });
    } finally {
      renew();
    }
  });

function rejecting(item, renew) {
  const choose = (reason) => (event) =>
    doing(event.target, async () => {
      await ask("POST", `/fulfillments/${item.id}/reject`, { body: { reason } });
      dialog.close();
      renew();
    });
  const dialog = h("dialog", {}, h("article", {}, h("h2", {}, words.actions.reject), REASONS.map((reason) => button(words.reasons[reason], choose(reason), "outline")), button(words.back, () => dialog.close(), "secondary")));
  return dialog;
}
