// One order with its customer, payments, fulfillments and routing decisions.
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { addressText, badge, button, goodsList, joinTexts, mutedText } from "./elements.js";
import { problemText, runBusy } from "./feedback.js";
import { orderCancel } from "./order-cancel.js";
import { orderPayment } from "./order-payment.js";
import { orderRouting } from "./order-routing.js";
import { redraw } from "./redraw.js";
import { callAsStaff, staff } from "./session.js";
import { channelName, whenText, words } from "./words.js";

const REROUTING_ROLES = new Set(["owner", "agent"]);

export function orderScreen(container, id) {
  const path = `/orders/${encodeURIComponent(id)}`;
  const load = async () => {
    try {
      const routingRequest = callAsStaff("GET", `${path}/routing`).catch(() => null);
      const [order, routing] = await Promise.all([callAsStaff("GET", path), routingRequest]);
      redraw(container, backButton(), orderCard(order, routing, load));
    } catch (problem) {
      redraw(container, backButton(), mutedText(problemText(problem)));
    }
  };
  load();
}

const backButton = () => button(`‹ ${words.back}`, goBack, "back");

function goBack() {
  if (history.length > 1) history.back();
  else location.hash = "#/";
}

/** `routing` is null for staff who may not see it. */
function orderCard(order, routing, reload) {
  const states = new Set([order.status, order.fulfillment_status, order.payment_status]);
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, order.number), [...states].map(badge)),
    h("p", { class: "facts" }, originText(order)),
    goodsList(order.lines),
    h("p", { class: "cash" }, formatMoney(order.total)),
    order.customer ? contact(order.customer, order.delivery?.address) : "",
    order.note ? h("p", {}, h("b", {}, `${words.note}: `), order.note) : "",
    (order.payments || []).map((payment) => orderPayment(payment, reload)),
    orderCancel(order, reload),
    routing ? [orderRouting(routing), canReroute(order) ? rerouteButton(order, reload) : ""] : "",
  );
}

function originText({ channel, placed_at, created_by }) {
  const creator = created_by === "shopper" ? "" : created_by;
  return joinTexts(channelName(channel), whenText(placed_at), creator);
}

const contact = ({ name, phone }, address) =>
  h(
    "p",
    { class: "contact" },
    h("b", {}, name || ""),
    phone ? h("a", { href: `tel:${phone}` }, phone) : "",
    address ? h("span", {}, addressText(address)) : "",
  );

const canReroute = ({ status, fulfillment_status }) =>
  REROUTING_ROLES.has(staff.role) && status === "placed" && fulfillment_status === "unassigned";

function rerouteButton({ id }, reload) {
  const reroute = async () => {
    await callAsStaff("POST", `/orders/${id}/reroute`);
    reload();
  };
  return button(words.board.reroute, (event) => runBusy(event.target, reroute), "outline");
}
