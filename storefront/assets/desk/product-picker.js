// A search field for products by name, SKU or barcode, typed or scanned, and its matches.
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { button } from "./elements.js";
import { findProduct, searchProducts } from "./product-search.js";
import { allProducts } from "./reference-data.js";
import { words } from "./words.js";

/**
 * Returns the search field and the list of its matches. `onPick` receives the product that is
 * tapped, or the best match on Enter, which barcode scanners send after the code. An unknown code
 * is reported and stays selected, so that the next scan replaces it.
 */
export function productPicker(attributes, onPick) {
  const search = h("input", { type: "search", autocomplete: "off", ...attributes });
  const matches = h("div", { class: "matches", "aria-live": "polite" });
  const pick = (product) => {
    search.value = "";
    setChildren(matches);
    onPick(product);
    search.focus();
  };
  const matchButton = (product) =>
    button(`${product.name} · ${formatMoney(product.price)}`, () => pick(product), "outline");
  search.addEventListener("input", () =>
    setChildren(matches, searchProducts(allProducts(), search.value).map(matchButton)),
  );
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const code = search.value.trim();
    const product = findProduct(allProducts(), code);
    if (product) return pick(product);
    if (!code) return;
    search.select();
    setChildren(matches, h("p", { class: "warn" }, interpolate(words.sell.unknown_code, { code })));
  });
  return [search, matches];
}
