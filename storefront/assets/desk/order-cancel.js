// Cancelling units of an order: a quantity for each line, and a reason.
import { newIdempotencyKey } from "../common/api.js";
import { h } from "../common/dom.js";
import { submitButton } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { field } from "./form-fields.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const CANCELLING_ROLES = new Set(["owner", "agent", "cashier", "salesman"]);

/** The form, folded, or an empty text for orders and staff that cancel nothing. */
export function orderCancel(order, reload) {
  if (order.status !== "placed" || !CANCELLING_ROLES.has(staff.role)) return "";
  const key = newIdempotencyKey(); // a second tap, or a retry after a lost answer, cancels nothing more
  const reason = field(words.reason, { name: "reason", required: true, minlength: 2 });
  const form = h(
    "form",
    {},
    order.lines.map(quantityField),
    reason,
    submitButton(words.cancel_units),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    runBusy(event.submitter, () => cancelUnits(order, form, key, reload));
  });
  return h("details", {}, h("summary", {}, words.cancel_units), form);
}

const quantityField = ({ sku, name, quantity }) =>
  field(`${name || sku} (${quantity})`, {
    type: "number",
    inputmode: "numeric",
    min: 0,
    max: quantity,
    value: 0,
    "data-sku": sku,
  });

async function cancelUnits(order, form, key, reload) {
  const fields = [...form.querySelectorAll("[data-sku]")];
  const lines = fields
    .map((input) => ({ sku: input.dataset.sku, quantity: Number(input.value) }))
    .filter(({ quantity }) => quantity > 0);
  if (!lines.length) {
    fields[0].focus();
    return;
  }
  const body = { reason: form.elements.reason.value, lines };
  await callAsStaff("POST", `/orders/${order.id}/cancel`, { body, key });
  showToast(words.done);
  reload();
}
