import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bounded,
  countUnits,
  validLines,
  withAdded,
  withQuantity,
} from "../../../storefront/assets/shop/cart-lines.js";

const TEA = { sku: "TEH", name: "Teh", path: "/p/TEH/", art: "/art/TEH.svg" };
const RICE = { ...TEA, sku: "BRS", name: "Beras" };
const CART = [
  { ...TEA, quantity: 2 },
  { ...RICE, quantity: 1 },
];

test("a new product gets a line of its own, after the others", () => {
  assert.deepEqual(withAdded([CART[0]], RICE, 1), CART);
});

test("a product that is there already gets more units in its place", () => {
  assert.deepEqual(withAdded(CART, TEA, 3), [{ ...TEA, quantity: 5 }, CART[1]]);
});

test("adding does not change the lines it was given", () => {
  const before = structuredClone(CART);

  withAdded(CART, TEA, 3);

  assert.deepEqual(CART, before);
});

test("a quantity is a whole number from 1 to 999", () => {
  assert.deepEqual(
    [0, -5, NaN, 2.9, 1000].map((each) => bounded(each)),
    [1, 1, 1, 2, 999],
  );
  assert.equal(bounded(8, 5), 5);
});

test("setting a quantity to none removes the line", () => {
  assert.deepEqual(withQuantity(CART, "TEH", 0), [CART[1]]);
  assert.deepEqual(withQuantity(CART, "BRS", 5000)[1].quantity, 999);
});

test("units are counted over all lines", () => {
  assert.equal(countUnits(CART), 3);
  assert.equal(countUnits([]), 0);
});

test("lines that storage spoiled are left out", () => {
  assert.deepEqual(validLines([null, { quantity: 1 }, { sku: "X", quantity: 0 }, CART[0]]), [
    CART[0],
  ]);
});
