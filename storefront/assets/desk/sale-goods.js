// The goods of a sale: picked products with steppers for their quantities.
import { h, query, setChildren } from "../common/dom.js";
import { button } from "./elements.js";
import { fieldset } from "./form-fields.js";
import { productPicker } from "./product-picker.js";
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
  const items = [...sale.lines].map((line) => lineItem(sale, line));
  setChildren(query("#picked", sale.form), items);
  sale.refresh();
}

function lineItem(sale, [sku, quantity]) {
  const less = button("−", () => setQuantity(sale, sku, quantity - 1));
  const more = button("+", () => setQuantity(sale, sku, quantity + 1));
  const stepper = h("span", { class: "stepper" }, less, h("output", {}, String(quantity)), more);
  return h("li", {}, h("span", {}, productName(sku)), stepper);
}
