// A day's orders, and one order with its money, its work and the reason it went where it went.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask, me } from "./me.js";
import { placeOf } from "./names.js";
import { badge, button, doing, explain, field, goods, quiet, select, tell } from "./parts.js";
import { kilometers, today, whenText, words } from "./words.js";

const MONEY_PEOPLE = new Set(["owner", "finance", "cashier", "agent"]);
const RE_ROUTE = new Set(["owner", "agent"]);

export function orders(place, on, over = "") {
  const day = field(words.recap.day, { type: "date", name: "day", value: on || today() });
  const channel = select(words.sell.channel, "channel", [["", "–"], ...Object.entries(words.channels)], over);
  const list = h("div", { class: "list" });
  const load = async () => {
    try {
      const where = new URLSearchParams({ day: day.querySelector("input").value, channel: channel.querySelector("select").value });
      const { items } = await ask("GET", `/orders?${where}`);
      fill(list, items.length ? items.map(brief) : quiet(words.nothing));
    } catch (problem) {
      fill(list, quiet(explain(problem)));
    }
  };
  fill(place, h("div", { class: "pair" }, day, channel), list);
  place.addEventListener("change", load);
  load();
  return () => place.removeEventListener("change", load);
}

const brief = (each) =>
  h("a", { class: "card row", href: `#/orders/${each.id}` }, h("span", {}, h("b", {}, each.number), h("small", {}, `${whenText(each.placed_at)} · ${words.channels[each.channel] || each.channel}`)), h("span", {}, badge(each.status === "placed" ? each.fulfillment_status : each.status), badge(each.payment_status)), h("b", { class: "number" }, formatMoney(each.total)));

export function order(place, id) {
  const load = async () => {
    try {
      const [told, routed] = await Promise.all([ask("GET", `/orders/${encodeURIComponent(id)}`), ask("GET", `/orders/${encodeURIComponent(id)}/routing`).catch(() => null)]);
      fill(place, back(), drawn(told, routed, load));
    } catch (problem) {
      fill(place, back(), quiet(explain(problem)));
    }
  };
  load();
}

const back = () => button(`‹ ${words.back}`, () => (history.length > 1 ? history.back() : (location.hash = "#/")), "back");

function drawn(told, routed, load) {
  const { address } = told.delivery || {};
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, told.number), [...new Set([told.status, told.fulfillment_status, told.payment_status])].map(badge)),
    h("p", { class: "facts" }, `${words.channels[told.channel] || told.channel} · ${whenText(told.placed_at)}`, told.created_by && told.created_by !== "shopper" ? ` · ${told.created_by}` : ""),
    goods(told.lines),
    h("p", { class: "cash" }, formatMoney(told.total)),
    told.customer ? h("p", { class: "whom" }, h("b", {}, told.customer.name || ""), told.customer.phone ? h("a", { href: `tel:${told.customer.phone}` }, told.customer.phone) : "", address ? h("span", {}, [address.street, address.city, address.postcode].filter(Boolean).join(", ")) : "") : "",
    told.note ? h("p", {}, h("b", {}, words.note + ": "), told.note) : "",
    (told.payments || []).map((payment) => paying(payment, load)),
    routed ? routing(routed) : "",
    RE_ROUTE.has(me.role) && routed && told.status === "placed" && told.fulfillment_status === "unassigned" ? button(words.board.reroute, (event) => doing(event.target, async () => (await ask("POST", `/orders/${told.id}/reroute`), load())), "outline") : "",
  );
}

function paying(payment, load) {
  const act = (verb, body) => (event) =>
    doing(event.target, async () => {
      await ask("POST", `/payments/${payment.id}/${verb}`, { body });
      tell(words.done);
      load();
    });
  const proof = async (event) =>
    doing(event.target, async () => {
      const shown = await ask("GET", `/payments/${payment.id}/proof`);
      event.target.replaceWith(shown.data ? receipt(shown) : h("code", {}, shown.reference));
    });
  const waits = MONEY_PEOPLE.has(me.role) && ["awaiting_proof", "proof_submitted"].includes(payment.status);
  return h(
    "section",
    { class: "paying" },
    h("p", {}, h("b", {}, words.methods[payment.method] || payment.method), " ", formatMoney(payment.amount), " ", badge(payment.status)),
    waits ? h("footer", {}, payment.status === "proof_submitted" ? button(words.see_proof, proof, "outline") : "", button(words.confirm, act("confirm")), payment.status === "proof_submitted" ? button(words.reject_proof, act("reject", { reason: words.reject_proof }), "outline") : "") : "",
  );
}

function receipt({ content_type: kind, data }) {
  const address = `data:${kind};base64,${data}`;
  return kind.startsWith("image/") ? h("img", { class: "proof", alt: words.see_proof, src: address }) : h("a", { href: address, download: "bukti", role: "button", class: "outline" }, words.see_proof);
}

function routing({ decisions, fulfillments }) {
  return [
    fulfillments.map((work) => h("p", { class: "facts" }, placeOf(work.location), " ", badge(work.status), work.fulfiller ? ` ${work.fulfiller}` : "")),
    decisions.length ? h("details", {}, h("summary", {}, words.routing), decisions.map((decision) => candidates(decision))) : "",
  ];
}

const candidates = (decision) =>
  h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, words.candidates), h("th", { class: "number" }, words.distance_column), h("th", {}, words.verdict))), h("tbody", {}, (decision.candidates || []).map((each) => h("tr", {}, h("td", {}, placeOf(each.location), each.staff ? h("small", {}, each.staff) : ""), h("td", { class: "number" }, each.distance_meters == null ? "–" : `${kilometers(each.distance_meters)} km`), h("td", {}, words.verdicts[each.verdict] || String(each.verdict ?? ""))))));
