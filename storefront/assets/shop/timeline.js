// Where the order is, in the shopper's language.
import { h } from "../common/dom.js";
import { hasCaptured, orderSteps } from "./order-steps.js";
import { words } from "./words.js";

export function timeline(order) {
  if (order.status === "cancelled") return cancelled(order);
  const steps = orderSteps(order);
  const current = steps.find((step) => !step.done);
  return h(
    "ol",
    { class: "steps" },
    steps.map((step) => drawStep(step, step === current)),
  );
}

const cancelled = (order) =>
  h(
    "div",
    { class: "problem calm" },
    h("p", {}, h("b", {}, words.steps.cancelled)),
    h("p", {}, hasCaptured(order) ? words.refunded_text : words.cancelled_text),
  );

function drawStep({ name, done }, isCurrent) {
  const attributes = isCurrent ? { class: "now", "aria-current": "step" } : {};
  return h("li", done ? { class: "done" } : attributes, words.steps[name]);
}
