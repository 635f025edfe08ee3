// A day's orders, and one order with its money, its work and why it was routed where it was.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask, me } from "./me.js";
import { placeOf } from "./names.js";
import {
  addressText,
  badge,
  button,
  doing,
  explain,
  field,
  goods,
  inputIn,
  joined,
  quiet,
  select,
  show,
  tell,
} from "./parts.js";
import { kilometers, today, whenText, words } from "./words.js";

const CONFIRMS_PAYMENTS = new Set(["owner", "finance", "cashier", "agent"]);
const REROUTES = new Set(["owner", "agent"]);
const AWAITS_PROOF = new Set(["awaiting_proof", "proof_submitted"]);

export function orders(place, on, over = "") {
  const day = field(words.recap.day, { type: "date", name: "day", value: on || today() });
  const channels = [["", "–"], ...Object.entries(words.channels)];
  const channel = select(words.sell.channel, "channel", channels, over);
  const list = h("div", { class: "list" });
  const load = () =>
    show(list, async () => {
      const query = { day: inputIn(day).value, channel: inputIn(channel).value };
      const { items } = await ask("GET", `/orders?${new URLSearchParams(query)}`);
      return items.length ? items.map(brief) : quiet(words.nothing);
    });
  fill(place, h("div", { class: "pair" }, day, channel), list);
  place.addEventListener("change", load);
  load();
  return () => place.removeEventListener("change", load);
}

const channelName = (channel) => words.channels[channel] || channel;

function brief({ id, number, placed_at, channel, status, fulfillment_status, ...each }) {
  const progress = status === "placed" ? fulfillment_status : status;
  const facts = joined(whenText(placed_at), channelName(channel));
  return h(
    "a",
    { class: "card row", href: `#/orders/${id}` },
    h("span", {}, h("b", {}, number), h("small", {}, facts)),
    h("span", {}, badge(progress), badge(each.payment_status)),
    h("b", { class: "number" }, formatMoney(each.total)),
  );
}

export function order(place, id) {
  const path = `/orders/${encodeURIComponent(id)}`;
  const load = async () => {
    try {
      const routing = ask("GET", `${path}/routing`).catch(() => null);
      const [found, routed] = await Promise.all([ask("GET", path), routing]);
      fill(place, back(), drawn(found, routed, load));
    } catch (problem) {
      fill(place, back(), quiet(explain(problem)));
    }
  };
  load();
}

const back = () => button(`‹ ${words.back}`, goBack, "back");

function goBack() {
  if (history.length > 1) history.back();
  else location.hash = "#/";
}

function drawn(order, routed, load) {
  const states = new Set([order.status, order.fulfillment_status, order.payment_status]);
  const madeBy = order.created_by === "shopper" ? "" : order.created_by;
  const facts = joined(channelName(order.channel), whenText(order.placed_at), madeBy);
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, order.number), [...states].map(badge)),
    h("p", { class: "facts" }, facts),
    goods(order.lines),
    h("p", { class: "cash" }, formatMoney(order.total)),
    order.customer ? whom(order.customer, order.delivery?.address) : "",
    order.note ? h("p", {}, h("b", {}, `${words.note}: `), order.note) : "",
    (order.payments || []).map((payment) => paying(payment, load)),
    routed ? [routing(routed), canReroute(order) ? rerouting(order, load) : ""] : "",
  );
}

const whom = ({ name, phone }, address) =>
  h(
    "p",
    { class: "whom" },
    h("b", {}, name || ""),
    phone ? h("a", { href: `tel:${phone}` }, phone) : "",
    address ? h("span", {}, addressText(address)) : "",
  );

const canReroute = ({ status, fulfillment_status }) =>
  REROUTES.has(me.role) && status === "placed" && fulfillment_status === "unassigned";

function rerouting({ id }, load) {
  const reroute = async () => {
    await ask("POST", `/orders/${id}/reroute`);
    load();
  };
  return button(words.board.reroute, (event) => doing(event.target, reroute), "outline");
}

function paying(payment, load) {
  const name = words.methods[payment.method] || payment.method;
  const canAct = CONFIRMS_PAYMENTS.has(me.role) && AWAITS_PROOF.has(payment.status);
  const facts = [h("b", {}, name), " ", formatMoney(payment.amount), " ", badge(payment.status)];
  return h("section", { class: "paying" }, h("p", {}, facts), canAct ? actions(payment, load) : "");
}

function actions({ id, status }, load) {
  const act = (verb, body) => (event) =>
    doing(event.target, async () => {
      await ask("POST", `/payments/${id}/${verb}`, { body });
      tell(words.done);
      load();
    });
  const confirm = button(words.confirm, act("confirm"));
  if (status !== "proof_submitted") return h("footer", {}, confirm);
  const reject = act("reject", { reason: words.reject_proof });
  const see = (event) => doing(event.target, () => showProof(event.target, id));
  return h(
    "footer",
    {},
    button(words.see_proof, see, "outline"),
    confirm,
    button(words.reject_proof, reject, "outline"),
  );
}

async function showProof(control, id) {
  const proof = await ask("GET", `/payments/${id}/proof`);
  control.replaceWith(proof.data ? receipt(proof) : h("code", {}, proof.reference));
}

function receipt({ content_type: type, data }) {
  const src = `data:${type};base64,${data}`;
  if (type.startsWith("image/")) return h("img", { class: "proof", alt: words.see_proof, src });
  const link = { href: src, download: "bukti", role: "button", class: "outline" };
  return h("a", link, words.see_proof);
}

const routing = ({ decisions, fulfillments }) => [
  fulfillments.map(({ location, status, fulfiller }) =>
    h(
      "p",
      { class: "facts" },
      placeOf(location),
      " ",
      badge(status),
      fulfiller ? ` ${fulfiller}` : "",
    ),
  ),
  decisions.length
    ? h("details", {}, h("summary", {}, words.routing), decisions.map(candidates))
    : "",
];

const candidates = (decision) =>
  h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", {}, words.candidates),
        h("th", { class: "number" }, words.distance_column),
        h("th", {}, words.verdict),
      ),
    ),
    h("tbody", {}, (decision.candidates || []).map(candidate)),
  );

function candidate({ location, staff, distance_meters: meters, verdict }) {
  const distance = meters == null ? "–" : `${kilometers(meters)} km`;
  return h(
    "tr",
    {},
    h("td", {}, placeOf(location), staff ? h("small", {}, staff) : ""),
    h("td", { class: "number" }, distance),
    h("td", {}, words.verdicts[verdict] || String(verdict ?? "")),
  );
}
