import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cameBack,
  canCancel,
  hasCaptured,
  orderSteps,
} from "../../../storefront/assets/shop/order-steps.js";

const transfer = (status) => [{ method: "transfer", status }];
const stepNames = (order) => orderSteps(order).map(({ name, done }) => (done ? `${name}✓` : name));

for (const [title, order, steps] of [
  [
    "a transfer without proof",
    { fulfillment_status: "unassigned", payments: transfer("awaiting_proof") },
    ["placed✓", "unpaid", "offered", "shipped", "delivered"],
  ],
  [
    "a transfer with proof",
    { fulfillment_status: "offered", payments: transfer("proof_submitted") },
    ["placed✓", "proof", "offered", "shipped", "delivered"],
  ],
  [
    "paid and on the road",
    { fulfillment_status: "shipped", payments: transfer("captured") },
    ["placed✓", "paid✓", "assigned✓", "shipped", "delivered"],
  ],
  [
    "cash on delivery, delivered",
    { fulfillment_status: "delivered", payments: [{ method: "cod", status: "captured" }] },
    ["placed✓", "assigned✓", "shipped✓", "delivered✓"],
  ],
  [
    "paid, and the goods came back",
    { status: "placed", fulfillment_status: "returned", payments: transfer("captured") },
    ["placed✓", "paid✓", "returned"],
  ],
  [
    "a pickup order before the store has packed it",
    { fulfillment_status: "unassigned", delivery: { method: "pickup" } },
    ["placed✓", "assigned", "ready", "collected"],
  ],
  [
    "ready at the store",
    { fulfillment_status: "assigned", delivery: { method: "pickup" }, pickup: { ready: true } },
    ["placed✓", "assigned✓", "ready", "collected"],
  ],
  [
    "collected at the store",
    { fulfillment_status: "delivered", delivery: { method: "pickup" }, pickup: { ready: false } },
    ["placed✓", "assigned✓", "ready✓", "collected✓"],
  ],
]) {
  test(title, () => assert.deepEqual(stepNames(order), steps));
}

for (const [status, fulfillment_status, expected] of [
  ["placed", "unassigned", true],
  ["placed", "assigned", true],
  ["placed", "shipped", false],
  ["placed", "returned", true],
  ["cancelled", "returned", false],
]) {
  const answer = expected ? "can" : "cannot";
  test(`a ${status} order with goods ${fulfillment_status} ${answer} be cancelled`, () => {
    assert.equal(canCancel({ status, fulfillment_status }), expected);
  });
}

test("only goods of an open order came back to be sent again", () => {
  assert.equal(cameBack({ status: "placed", fulfillment_status: "returned" }), true);
  assert.equal(cameBack({ status: "cancelled", fulfillment_status: "returned" }), false);
  assert.equal(cameBack({ status: "placed", fulfillment_status: "shipped" }), false);
});

test("hasCaptured is true if one payment was captured", () => {
  const payments = [...transfer("expired"), ...transfer("captured")];

  assert.equal(hasCaptured({ fulfillment_status: "unassigned", payments }), true);
  assert.equal(hasCaptured({ fulfillment_status: "unassigned" }), false);
});
