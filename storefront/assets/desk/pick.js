// Finding one product by name, code or barcode, typed or scanned.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { allProducts } from "./names.js";
import { button } from "./parts.js";
import { findProduct, searchProducts } from "./product-search.js";

/** A search field, and the place where what it finds can be chosen. */
export function picker(attributes, choose) {
  const search = h("input", { type: "search", autocomplete: "off", ...attributes });
  const found = h("div", { class: "found" });
  const pick = (product) => {
    search.value = "";
    fill(found);
    choose(product);
    search.focus();
  };
  const choice = (product) =>
    button(`${product.name} · ${formatMoney(product.price)}`, () => pick(product), "outline");
  search.addEventListener("input", () =>
    fill(found, searchProducts(allProducts(), search.value).map(choice)),
  );
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const product = findProduct(allProducts(), search.value);
    if (product) pick(product);
  });
  return [search, found];
}
