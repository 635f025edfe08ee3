// Products by SKU and locations by id, loaded once when the desk starts.
import { callAsStaff } from "./session.js";

const MAX_PAGES = 30; // of 100 products

const state = { products: new Map(), locations: new Map() };

export const allProducts = () => [...state.products.values()];
export const allLocations = () => [...state.locations.values()];

/** The name of a product, or its SKU if it is unknown. */
export const productName = (sku) => state.products.get(sku)?.name || sku;

/** The name of a location, or its id if it is unknown; "" without an id. */
export const locationName = (id) => state.locations.get(id)?.name || id || "";

export async function loadLocations() {
  const { items } = await callAsStaff("GET", "/locations");
  state.locations = new Map(items.map((location) => [location.id, location]));
}

export async function loadProducts() {
  const products = new Map();
  let cursor = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const cursorParameter = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/catalog/products?limit=100${cursorParameter}`;
    const { items, next } = await callAsStaff("GET", path);
    for (const product of items) products.set(product.sku, product);
    if (!next) break;
    cursor = next;
  }
  state.products = products;
}
