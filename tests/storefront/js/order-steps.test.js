import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCaptured, orderSteps } from "../../../storefront/assets/shop/order-steps.js";

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

test("hasCaptured is true if one payment was captured", () => {
  const payments = [...transfer("expired"), ...transfer("captured")];

  assert.equal(hasCaptured({ fulfillment_status: "unassigned", payments }), true);
  assert.equal(hasCaptured({ fulfillment_status: "unassigned" }), false);
});
