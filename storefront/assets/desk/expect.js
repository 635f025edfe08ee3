// Goods on their way to a place: how many of one product come on a day, so that they can be promised for it.
import { newKey } from "../common/api.js";
import { fill, h } from "../common/dom.js";
import { ask } from "./me.js";
import { doing, field, tell } from "./parts.js";
import { picker } from "./pick.js";
import { today, words } from "./words.js";

export function expecting(where, announced) {
  let product = null;
  let sent = { text: "", key: "" };
  const picked = h("ul", { class: "picked" });
  const [search, found] = picker({}, (chosen) => {
    product = chosen;
    fill(picked, h("li", {}, h("span", {}, h("b", {}, chosen.name), h("small", {}, chosen.sku))));
  });
  const announce = (event) => {
    event.preventDefault();
    if (!product) return search.focus(), tell(words.sell.empty, "bad");
    const { quantity, on, reason } = event.target.elements;
    const body = { location: where, on: on.value, lines: [{ sku: product.sku, quantity: Number(quantity.value) }], reason: reason.value.trim() };
    const text = JSON.stringify(body);
    if (text !== sent.text) sent = { text, key: newKey() }; // sent again as it was it has its first key; mended, it is another request
    doing(event.submitter, async () => {
      await ask("POST", "/stock/expected", { body, key: sent.key });
      tell(words.done);
      announced();
    });
  };
  return h("details", { class: "card open announce" }, h("summary", {}, words.stock.announce), h("form", { onsubmit: announce }, h("label", {}, words.sell.product, search), found, picked, amounts(), h("p", { class: "facts" }, words.stock.all_told), reasoned(), h("button", { type: "submit" }, words.save)));
}

const amounts = () => h("div", { class: "pair" }, field(words.quantity, { name: "quantity", type: "number", inputmode: "numeric", min: 0, max: 1000000, step: 1, required: true }), field(words.stock.on, { name: "on", type: "date", min: today(), required: true }));
const reasoned = () => field(words.stock.why, { name: "reason", required: true, maxlength: 200, pattern: ".*\\S.*", autocomplete: "off" });
