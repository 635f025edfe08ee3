// Announces goods on their way to a place: how many units of a product come on a day. They can be
// promised to customers for that day.
import { newKey } from "../common/api.js";
import { fill, h } from "../common/dom.js";
import { ask } from "./me.js";
import { doing, field, submit, tell } from "./parts.js";
import { picker } from "./pick.js";
import { today, words } from "./words.js";

const MOST_UNITS = 1_000_000;

export function expecting(where, announced) {
  const state = { product: null, sent: { text: "", key: "" } };
  const picked = h("ul", { class: "picked" });
  const [search, found] = picker({}, (product) => {
    state.product = product;
    fill(picked, h("li", {}, h("span", {}, h("b", {}, product.name), h("small", {}, product.sku))));
  });
  const announce = (event) => {
    event.preventDefault();
    if (!state.product) {
      search.focus();
      return tell(words.sell.empty, "bad");
    }
    const body = bodyOf(where, state.product, event.target.elements);
    doing(event.submitter, async () => {
      await ask("POST", "/stock/expected", { body, key: keyOf(state, JSON.stringify(body)) });
      tell(words.done);
      announced();
    });
  };
  const product = h("label", {}, words.sell.product, search);
  return h(
    "details",
    { class: "card open announce" },
    h("summary", {}, words.stock.announce),
    h("form", { onsubmit: announce }, product, found, picked, fields(), submit(words.save)),
  );
}

const bodyOf = (location, { sku }, { quantity, on, reason }) => ({
  location,
  on: on.value,
  lines: [{ sku, quantity: Number(quantity.value) }],
  reason: reason.value.trim(),
});

/** The same body sent again keeps its key; a corrected one is another request. */
function keyOf(state, text) {
  if (text !== state.sent.text) state.sent = { text, key: newKey() };
  return state.sent.key;
}

function fields() {
  const units = { type: "number", inputmode: "numeric", min: 0, max: MOST_UNITS, step: 1 };
  const why = { maxlength: 200, pattern: ".*\\S.*", autocomplete: "off" };
  const quantity = field(words.quantity, { name: "quantity", ...units, required: true });
  const on = field(words.stock.on, { name: "on", type: "date", min: today(), required: true });
  return [
    h("div", { class: "pair" }, quantity, on),
    h("p", { class: "facts" }, words.stock.all_told),
    field(words.stock.why, { name: "reason", ...why, required: true }),
  ];
}
