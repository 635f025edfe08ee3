// The cart: which goods and how many. Never a price; prices are asked for when they are shown.
import { all } from "../common/dom.js";
import { read, write } from "./keep.js";

const MOST = 999;
export const lines = () => read("cart", []).filter((line) => line && line.sku && line.quantity > 0);
export const count = () => lines().reduce((sum, line) => sum + line.quantity, 0);

export function add({ sku, name, path, art }, quantity) {
  const before = lines();
  const there = before.find((line) => line.sku === sku);
  if (there) there.quantity = bounded(there.quantity + quantity);
  else before.push({ sku, name, path, art, quantity: bounded(quantity) });
  save(before);
}

export function set(sku, quantity) {
  save(lines().map((line) => (line.sku === sku ? { ...line, quantity: Math.min(MOST, quantity) } : line)));
}

export const clear = () => save([]);
export const wanted = () => lines().map(({ sku, quantity }) => ({ sku, quantity }));

function save(kept) {
  write("cart", kept.filter((line) => line.quantity > 0));
  showCount();
}

export function showCount() {
  for (const badge of all("[data-cart-count]")) {
    badge.textContent = count();
    badge.hidden = count() === 0;
  }
}

const bounded = (quantity) => Math.max(1, Math.min(MOST, Math.floor(quantity) || 1));
