// What people call things: products by SKU and places by id, each asked for once.
import { ask } from "./me.js";

const MOST_PAGES = 30;

const known = { products: new Map(), places: new Map() };

export const nameOf = (sku) => known.products.get(sku)?.name || sku;
export const placeOf = (id) => known.places.get(id)?.name || id || "";
export const allProducts = () => [...known.products.values()];
export const allPlaces = () => [...known.places.values()];

export async function learnPlaces() {
  const { items } = await ask("GET", "/locations");
  known.places = new Map(items.map((place) => [place.id, place]));
}

export async function learnProducts() {
  const products = new Map();
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page++) {
    const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const { items, next } = await ask("GET", `/catalog/products?limit=100${more}`);
    for (const product of items) products.set(product.sku, product);
    if (!next) break;
    cursor = next;
  }
  known.products = products;
}
