import assert from "node:assert/strict";
import { test } from "node:test";
import {
  myOrders,
  orderPath,
  rememberOrder,
  tokenOf,
} from "../../../storefront/assets/shop/my-orders.js";

const order = (id) => ({ id, number: `N-${id}`, placed_at: "2026-11-27", total: { amount: 1 } });

test("the last twenty orders are remembered once each, newest first", () => {
  for (let index = 0; index < 25; index++) rememberOrder(order(`ord_${index}`), `t${index}`);
  rememberOrder(order("ord_10"), "t10");

  const ids = myOrders().map(({ id }) => id);

  assert.equal(ids.length, 20);
  assert.deepEqual(ids.slice(0, 3), ["ord_10", "ord_24", "ord_23"]);
  assert.equal(new Set(ids).size, 20);
});

test("the path of a remembered order has its token", () => {
  rememberOrder(order("ord_a"), "s e");

  assert.equal(tokenOf("ord_a"), "s e");
  assert.equal(tokenOf("ord_unknown"), "");
  assert.equal(orderPath({ id: "ord_a", token: "s e" }), "/pesanan/?id=ord_a&token=s%20e");
});

test("a draft is dated by the time it was made", () => {
  rememberOrder({ id: "ord_d", number: "D", made_at: "2026-11-28", total: null }, "t");

  assert.equal(myOrders()[0].at, "2026-11-28");
});
