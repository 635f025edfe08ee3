// The goods of a sale: picked products with steppers for their quantities.
import { h, query } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { button } from "./elements.js";
import { fieldset } from "./form-fields.js";
import { productPicker } from "./product-picker.js";
import { redraw } from "./redraw.js";
import { productName } from "./reference-data.js";
import { words } from "./words.js";

export function goodsFields(sale) {
  const attributes = { placeholder: words.stock.search, "aria-label": words.stock.search };
  const [search, matches] = productPicker(attributes, ({ sku }) =>
    setQuantity(sale, sku, (sale.lines.get(sku) || 0) + 1),
  );
  return fieldset(words.sell.add, search, matches, h("ul", { class: "picked", id: "picked" }));
}

function setQuantity(sale, sku, quantity) {
  if (quantity > 0) sale.lines.set(sku, quantity);
  else sale.lines.delete(sku);
  showGoods(sale);
  sale.refresh();
}

export const showGoods = (sale) =>
  redraw(
    query("#picked", sale.form),
    [...sale.lines].map((line) => lineItem(sale, line)),
  );

function lineItem(sale, [sku, quantity]) {
  const name = productName(sku);
  const step = (text, label, change) => {
    const control = button(text, () => setQuantity(sale, sku, quantity + change));
    control.setAttribute("aria-label", interpolate(label, { name }));
    return control;
  };
  const count = h("output", { "aria-live": "polite" }, String(quantity));
  const stepper = h(
    "span",
    { class: "stepper" },
    step("−", words.sell.less, -1),
    count,
    step("+", words.sell.more, 1),
  );
  return h("li", { "data-key": sku }, h("span", {}, name), stepper);
}
