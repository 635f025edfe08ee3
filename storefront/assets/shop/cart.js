// The cart as this device stores it, and the badges that count it.
import { all } from "../common/dom.js";
import { read, write } from "../common/storage.js";
import { countUnits, validLines, withAdded, withQuantity } from "./cart-lines.js";

export const lines = () => validLines(read("cart", []));
export const count = () => countUnits(lines());
export const wanted = () => lines().map(({ sku, quantity }) => ({ sku, quantity }));

export const add = (product, quantity) => save(withAdded(lines(), product, quantity));
export const set = (sku, quantity) => save(withQuantity(lines(), sku, quantity));
export const clear = () => save([]);

function save(changed) {
  write("cart", changed);
  showCount();
}

export function showCount() {
  for (const badge of all("[data-cart-count]")) {
    badge.textContent = count();
    badge.hidden = count() === 0;
  }
}
