// @ts-check
// The last orders that were made or opened on this device, newest first, with their secret tokens.
import { read, write } from "../common/storage.js";

/** @typedef {{ id: string, token: string, number: string, at: string, total: any }} MyOrder */

const MOST_ORDERS = 20;

/** @returns {MyOrder[]} */
export const myOrders = () => read("orders", []);

export const tokenOf = (/** @type {string} */ id) =>
  myOrders().find((order) => order.id === id)?.token ?? "";

/** @param {Record<string, any>} order as the API answers it @param {string} token */
export function rememberOrder({ id, number, placed_at, made_at, total }, token) {
  const others = myOrders().filter((order) => order.id !== id);
  const first = { id, token, number, at: placed_at || made_at, total };
  write("orders", [first, ...others].slice(0, MOST_ORDERS));
}

/** Where the page of an order is, below the prefix of its language. */
export const orderPath = (/** @type {{ id: string, token: string }} */ { id, token }) =>
  `/pesanan/?id=${encodeURIComponent(id)}&token=${encodeURIComponent(token)}`;
