import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canWait,
  orderableUnits,
  stockState,
} from "../../../storefront/assets/shop/availability.js";

const ARRIVALS = [
  { on: "2026-12-01", quantity: 3 },
  { on: "2026-12-05", quantity: 4 },
];

for (const [available, arrivals, state] of [
  [6, [], "in_stock"],
  [5, [], "few"],
  [1, ARRIVALS, "few"],
  [0, ARRIVALS, "coming"],
  [0, [], "out_of_stock"],
]) {
  test(`${available} units and ${arrivals.length} arrivals are ${state}`, () => {
    assert.equal(stockState(available, arrivals), state);
  });
}

test("expected units can be ordered in addition to those on hand", () => {
  assert.equal(orderableUnits(2, ARRIVALS), 9);
});

test("waiting is offered if the expected units cover every shortage", () => {
  const short = { sku: "TEH", wanted: 9, available: 2, expected: ARRIVALS };

  assert.equal(canWait({ short: [short] }), true);
  assert.equal(canWait({ short: [short, { ...short, wanted: 10 }] }), false);
  assert.equal(canWait({ short: [{ sku: "BRS", wanted: 2, available: 1 }] }), false);
  assert.equal(canWait({}), false);
});
