// Finding one product by name, code or barcode, typed or scanned.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { allProducts } from "./names.js";
import { button } from "./parts.js";

/** The field to look in, and the place where what it found can be chosen. */
export function picker(attributes, choose) {
  const search = h("input", { type: "search", autocomplete: "off", ...attributes });
  const found = h("div", { class: "found" });
  const chosen = (product) => {
    search.value = "";
    fill(found);
    choose(product);
    search.focus();
  };
  search.addEventListener("input", () => fill(found, matching(search.value).map((product) => button(`${product.name} · ${formatMoney(product.price)}`, () => chosen(product), "outline"))));
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const scanned = exactly(search.value.trim()) || matching(search.value)[0];
    if (scanned) chosen(scanned);
  });
  return [search, found];
}

/** Nothing typed is nobody's code, though some goods have no barcode. */
const exactly = (code) => code && allProducts().find((product) => [product.barcode, product.sku].includes(code));

function matching(text) {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!asked.length) return [];
  return allProducts().filter((product) => asked.every((word) => `${product.name} ${product.sku} ${product.barcode}`.toLowerCase().includes(word))).slice(0, 6);
}
