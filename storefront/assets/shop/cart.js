// The cart that this device stores, and the badge that counts its units.
import { queryAll } from "../common/dom.js";
import { readItem, writeItem } from "../common/storage.js";
import { countUnits, validLines, withAdded, withQuantity, withRemoved } from "./cart-lines.js";

export const lines = () => validLines(readItem("cart", []));
export const unitCount = () => countUnits(lines());

/** The lines as requests send them. */
export const requestLines = () => lines().map(({ sku, quantity }) => ({ sku, quantity }));
export const productNames = () => Object.fromEntries(lines().map(({ sku, name }) => [sku, name]));

export const add = (product, quantity) => save(withAdded(lines(), product, quantity));
export const setQuantity = (sku, quantity) => save(withQuantity(lines(), sku, quantity));

/** Takes these quantities out of the cart, which may have got more since. */
export const remove = (removed) =>
  save(removed.reduce((rest, line) => withRemoved(rest, line.sku, line.quantity), lines()));

function save(changedLines) {
  writeItem("cart", changedLines);
  showUnitCount();
}

export function showUnitCount() {
  const count = unitCount();
  for (const badge of queryAll("[data-cart-count]")) {
    badge.textContent = count;
    badge.hidden = count === 0;
  }
}
