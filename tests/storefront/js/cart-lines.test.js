import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clampQuantity,
  countUnits,
  validLines,
  withAdded,
  withQuantity,
  withRemoved,
} from "../../../storefront/assets/shop/cart-lines.js";

const TEA = { sku: "TEH", name: "Teh", path: "/p/TEH/", art: "/art/TEH.svg" };
const RICE = { ...TEA, sku: "BRS", name: "Beras" };
const CART = [
  { ...TEA, quantity: 2 },
  { ...RICE, quantity: 1 },
];

test("a new product is added as the last line", () => {
  assert.deepEqual(withAdded([CART[0]], RICE, 1), CART);
});

test("adding a product again increases the quantity of its line", () => {
  assert.deepEqual(withAdded(CART, TEA, 3), [{ ...TEA, quantity: 5 }, CART[1]]);
});

test("adding does not mutate the lines", () => {
  const before = structuredClone(CART);

  withAdded(CART, TEA, 3);

  assert.deepEqual(CART, before);
});

test("a quantity is a whole number from 1 to 999", () => {
  assert.deepEqual(
    [0, -5, NaN, 2.9, 1000].map((quantity) => clampQuantity(quantity)),
    [1, 1, 1, 2, 999],
  );
  assert.equal(clampQuantity(8, 5), 5);
});

test("a quantity of 0 removes the line, and one above the maximum is limited", () => {
  assert.deepEqual(withQuantity(CART, "TEH", 0), [CART[1]]);
  assert.deepEqual(withQuantity(CART, "BRS", 5000)[1].quantity, 999);
});

test("countUnits adds the quantities of all lines", () => {
  assert.equal(countUnits(CART), 3);
  assert.equal(countUnits([]), 0);
});

test("invalid stored lines are dropped", () => {
  assert.deepEqual(validLines([null, { quantity: 1 }, { sku: "X", quantity: 0 }, CART[0]]), [
    CART[0],
  ]);
});

test("ordered units leave the cart; units added since stay", () => {
  assert.deepEqual(withRemoved(CART, "TEH", 1), [{ ...TEA, quantity: 1 }, CART[1]]);
  assert.deepEqual(withRemoved(CART, "TEH", 2), [CART[1]]);
  assert.deepEqual(withRemoved(CART, "KOPI", 1), CART);
});
