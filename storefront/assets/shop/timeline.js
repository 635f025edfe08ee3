// The steps of an order with the current one marked, or a text for a cancelled order.
import { h } from "../common/dom.js";
import { cameBack, hasCaptured, orderSteps } from "./order-steps.js";
import { words } from "./words.js";

export function timeline(order) {
  if (order.status === "cancelled") return cancelledBox(order);
  const steps = orderSteps(order);
  const current = steps.find((step) => !step.done);
  const list = h(
    "ol",
    { class: "steps" },
    steps.map((step) => stepItem(step, step === current)),
  );
  return cameBack(order) ? [list, h("p", { class: "courier" }, words.returned_text)] : list;
}

const cancelledBox = (order) =>
  h(
    "div",
    { class: "problem calm" },
    h("p", {}, h("b", {}, words.steps.cancelled)),
    h("p", {}, hasCaptured(order) ? words.refunded_text : words.cancelled_text),
  );

function stepItem({ name, done }, isCurrent) {
  const attributes = isCurrent ? { class: "now", "aria-current": "step" } : {};
  return h("li", done ? { class: "done" } : attributes, words.steps[name]);
}
