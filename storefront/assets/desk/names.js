// What people call things: products by SKU and places by id, asked for once.
import { ask } from "./me.js";

let products;
let places;

export const nameOf = (sku) => products?.get(sku)?.name || sku;
export const placeOf = (id) => places?.get(id)?.name || id || "";
export const allProducts = () => [...(products?.values() || [])];
export const allPlaces = () => [...(places?.values() || [])];

export async function learnPlaces() {
  places ??= new Map((await ask("GET", "/locations")).items.map((place) => [place.id, place]));
}

const MOST_PAGES = 30;

export async function learnProducts() {
  if (products) return;
  const found = new Map();
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next } = await ask("GET", "/catalog/products?limit=100" + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""));
    for (const product of items) found.set(product.sku, product);
    if (!next) break;
    cursor = next;
  }
  products = found;
}
