// The form in which staff announce stock expected at a location: how many units of a product arrive
// on a day. Customers can order them before that day.
import { newIdempotencyKey } from "../common/api.js";
import { h, setChildren } from "../common/dom.js";
import { submitButton } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { field } from "./form-fields.js";
import { productPicker } from "./product-picker.js";
import { callAsStaff } from "./session.js";
import { today, words } from "./words.js";

const MAX_UNITS = 1_000_000;

/** `onAnnounced` is called when the API has accepted the announcement. */
export function inboundForm(location, onAnnounced) {
  const state = { product: null, lastRequest: { json: "", key: "" } };
  const picked = h("ul", { class: "picked" });
  const [search, matches] = productPicker({}, (product) => {
    state.product = product;
    setChildren(picked, productItem(product));
  });
  const submit = (event) => {
    event.preventDefault();
    if (!state.product) {
      search.focus();
      return showToast(words.sell.empty, "bad");
    }
    const body = requestBody(location, state.product, event.target.elements);
    runBusy(event.submitter, async () => {
      await callAsStaff("POST", "/stock/expected", { body, key: keyFor(state, body) });
      showToast(words.done);
      onAnnounced();
    });
  };
  const product = h("label", {}, words.sell.product, search);
  const fields = [product, matches, picked, quantityFields(), submitButton(words.save)];
  return h(
    "details",
    { class: "card open announce" },
    h("summary", {}, words.stock.announce),
    h("form", { onsubmit: submit }, fields),
  );
}

const productItem = ({ name, sku }) =>
  h("li", {}, h("span", {}, h("b", {}, name), h("small", {}, sku)));

const requestBody = (location, { sku }, { quantity, on, reason }) => ({
  location,
  on: on.value,
  lines: [{ sku, quantity: Number(quantity.value) }],
  reason: reason.value.trim(),
});

/** The Idempotency-Key of the last request if the body is the same, or a new key. */
function keyFor(state, body) {
  const json = JSON.stringify(body);
  if (json !== state.lastRequest.json) state.lastRequest = { json, key: newIdempotencyKey() };
  return state.lastRequest.key;
}

function quantityFields() {
  const units = { type: "number", inputmode: "numeric", min: 0, max: MAX_UNITS, step: 1 };
  const reason = { maxlength: 200, pattern: ".*\\S.*", autocomplete: "off" };
  const quantity = field(words.quantity, { name: "quantity", ...units, required: true });
  const on = field(words.stock.on, { name: "on", type: "date", min: today(), required: true });
  return [
    h("div", { class: "pair" }, quantity, on),
    h("p", { class: "facts" }, words.stock.quantity_hint),
    field(words.stock.why, { name: "reason", ...reason, required: true }),
  ];
}
