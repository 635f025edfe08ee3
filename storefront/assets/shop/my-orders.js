// @ts-check
// The last orders placed or opened on this device, newest first, with their secret tokens.
import { readItem, writeItem } from "../common/storage.js";

/** @typedef {{ id: string, token: string, number: string, at: string, total: any }} MyOrder */

const MAX_ORDERS = 20;

/** @returns {MyOrder[]} */
export const myOrders = () => readItem("orders", []);

export const tokenOf = (/** @type {string} */ id) =>
  myOrders().find((order) => order.id === id)?.token ?? "";

/** @param {Record<string, any>} order a response of the API @param {string} token */
export function rememberOrder({ id, number, placed_at, made_at, total }, token) {
  const others = myOrders().filter((order) => order.id !== id);
  const newest = { id, token, number, at: placed_at || made_at, total };
  writeItem("orders", [newest, ...others].slice(0, MAX_ORDERS));
}

/** The path of an order's page, without the prefix of a language. */
export const orderPath = (/** @type {{ id: string, token: string }} */ { id, token }) =>
  `/pesanan/?id=${encodeURIComponent(id)}&token=${encodeURIComponent(token)}`;
