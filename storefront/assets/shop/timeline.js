// Where the order is, in the shopper's words. States come from the API; only the wording is decided here.
import { h } from "../common/dom.js";
import { words } from "./words.js";

const PAID_BEFORE = new Set(["transfer"]);

export function steps(order) {
  if (order.status === "cancelled") return h("div", { class: "problem calm" }, h("p", {}, h("b", {}, words.steps.cancelled)), h("p", {}, isPaid(order) ? words.refunded_text : words.cancelled_text));
  const passed = progress(order);
  const now = passed.findIndex((step) => !step.done);
  return h("ol", { class: "steps" }, passed.map((step, i) => h("li", { class: step.done ? "done" : i === now ? "now" : "", "aria-current": i === now ? "step" : null }, step.text)));
}

const isPaid = (order) => (order.payments || []).some((payment) => payment.status === "captured");

function progress(order) {
  const went = order.fulfillment_status;
  const gone = ["partly_shipped", "shipped", "delivered"].includes(went);
  const first = [{ text: words.steps.placed, done: true }];
  const looking = went === "offered" || went === "unassigned";
  return [
    ...first,
    ...money(order),
    { text: looking ? words.steps.offered : words.steps.assigned, done: gone },
    { text: order.delivery?.method === "pickup" ? words.steps.ready : words.steps.shipped, done: went === "delivered" },
    { text: words.steps.delivered, done: went === "delivered" },
  ];
}

function money(order) {
  const before = (order.payments || []).filter((payment) => PAID_BEFORE.has(payment.method));
  if (!before.length) return [];
  if (before.every((payment) => payment.status === "captured")) return [{ text: words.steps.paid, done: true }];
  const sent = before.some((payment) => payment.status === "proof_submitted");
  return [{ text: sent ? words.steps.proof : words.steps.unpaid, done: false }];
}
