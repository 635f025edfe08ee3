import assert from "node:assert/strict";
import { test } from "node:test";
import { groupByKind } from "../../../storefront/assets/desk/ledger-kinds.js";
import { findProduct, searchProducts } from "../../../storefront/assets/desk/product-search.js";
import {
  choicesFor,
  quoteRequest,
  saleRequest,
} from "../../../storefront/assets/desk/sale-request.js";
import {
  awaitsPayment,
  booksCash,
  canReject,
  nextSteps,
} from "../../../storefront/assets/desk/work-steps.js";

const TEA = { sku: "TEH-01", name: "Teh Melati", barcode: "899001" };
const COFFEE = { sku: "KOPI-01", name: "Kopi Gayo", barcode: "" };

for (const [status, method, kind, role, steps] of [
  ["assigned", "ship", "warehouse", "warehouse", ["accept"]],
  ["accepted", "ship", "warehouse", "warehouse", ["pick"]],
  ["picking", "ship", "store", "cashier", ["ready"]],
  ["ready", "ship", "warehouse", "warehouse", ["dispatch"]],
  ["ready", "pickup", "store", "cashier", ["handover"]],
  ["accepted", "ship", "van", "salesman", ["dispatch"]],
  ["accepted", "handover", "van", "salesman", ["handover"]],
  ["in_transit", "ship", "van", "salesman", ["deliver", "fail"]],
  ["failed_attempt", "ship", "warehouse", "courier", ["dispatch", "back"]],
  ["assigned", "ship", "warehouse", "courier", []],
  ["ready", "pickup", "store", "courier", []],
  ["delivered", "ship", "warehouse", "warehouse", []],
]) {
  const offered = steps.join(" or ") || "nothing";
  test(`${role} at a ${kind}: ${status} ${method} offers ${offered}`, () => {
    assert.deepEqual(nextSteps({ status, method, kind }, role), steps);
  });
}

test("a fulfillment can be rejected before it is ready, but not by couriers", () => {
  assert.equal(canReject({ status: "picking", method: "ship" }, "warehouse"), true);
  assert.equal(canReject({ status: "picking", method: "ship" }, "courier"), false);
  assert.equal(canReject({ status: "ready", method: "ship" }, "warehouse"), false);
});

for (const [step, facts, expected] of [
  ["deliver", { cash_to_collect: { amount: 131_000 } }, true],
  ["handover", { cash_to_collect: { amount: 131_000 } }, true],
  ["dispatch", { cash_to_collect: { amount: 131_000 } }, false],
  ["deliver", { cash_to_collect: { amount: 0 } }, false],
  ["deliver", { cash_to_collect: { amount: 131_000 }, cash_with_last: true }, false],
  ["deliver", {}, false],
]) {
  test(`${step} of ${JSON.stringify(facts)} ${expected ? "asks for" : "books no"} cash`, () => {
    assert.equal(booksCash({ status: "in_transit", method: "ship", ...facts }, step), expected);
  });
}

for (const [step, pays_first, expected] of [
  ["dispatch", true, true],
  ["handover", true, true],
  ["pick", true, false],
  ["dispatch", false, false],
  ["handover", undefined, false],
]) {
  const payment = pays_first ? "a missing payment" : "no payment";
  test(`${step} ${expected ? "waits for" : "does not wait for"} ${payment}`, () => {
    assert.equal(awaitsPayment({ status: "ready", method: "ship", pays_first }, step), expected);
  });
}

test("ledger rows are grouped with received money first and unknown kinds last", () => {
  const rows = [
    { kind: "barter" },
    { kind: "promised" },
    { kind: "captured" },
    { kind: "promised" },
  ];

  assert.deepEqual(groupByKind(rows), [
    ["captured", [rows[2]]],
    ["promised", [rows[1], rows[3]]],
    ["barter", [rows[0]]],
  ]);
});

test("products are searched by words of name, SKU and barcode", () => {
  assert.deepEqual(searchProducts([TEA, COFFEE], "gayo kopi"), [COFFEE]);
  assert.deepEqual(searchProducts([TEA, COFFEE], " "), []);
  assert.equal(searchProducts(Array(9).fill(TEA), "teh").length, 6);
});

test("a scanned code finds the product with exactly that code", () => {
  const other = { ...TEA, sku: "TEH-02", barcode: "8990019" };

  assert.equal(findProduct([other, TEA], "899001\n"), TEA);
  assert.equal(findProduct([other, TEA], "melati"), other);
  assert.equal(findProduct([COFFEE], ""), undefined);
});

const FIELDS = {
  ...{ channel: "phone", phone: "0812", name: "Sari", method: "ship", street: "Jl. Darmo 1" },
  ...{ postcode: "60241", store: "st-darmo", payment: "cod" },
};
const sale = (fields = {}, customerId = "") => ({
  fields: { ...FIELDS, ...fields },
  ...{ lines: [["TEH-01", 2]], customerId, country: "SG" },
});

test("a sale request has the lines, the shop's country and the customer", () => {
  assert.deepEqual(saleRequest(sale()), {
    channel: "phone",
    lines: [{ sku: "TEH-01", quantity: 2 }],
    delivery: {
      method: "ship",
      address: { street: "Jl. Darmo 1", postcode: "60241", country: "SG" },
    },
    customer: { name: "Sari", phone: "0812" },
  });
  assert.deepEqual(saleRequest(sale({}, "cus_1")).customer, { id: "cus_1" });
  assert.equal(saleRequest(sale({ name: "", phone: "" })).customer, undefined);
});

test("a coupon code is quoted and ordered as printed", () => {
  assert.deepEqual(saleRequest(sale({ coupon: "lebaran" })).coupons, ["LEBARAN"]);
  assert.deepEqual(quoteRequest(sale({ coupon: "HEMAT" })).coupons, ["HEMAT"]);
  assert.equal(saleRequest(sale({ coupon: "" })).coupons, undefined);
});

test("a pickup has a store, a handover has only its method", () => {
  const pickup = { method: "pickup", location: "st-darmo" };

  assert.deepEqual(saleRequest(sale({ method: "pickup" })).delivery, pickup);
  assert.deepEqual(saleRequest(sale({ method: "handover" })).delivery, { method: "handover" });
});

test("a quote for shipping has a delivery only if the postcode is complete", () => {
  assert.equal(quoteRequest(sale({ postcode: "6024" })).delivery, undefined);
  assert.equal(quoteRequest(sale()).delivery.method, "ship");
  assert.equal(quoteRequest(sale({ method: "pickup", postcode: "" })).delivery.method, "pickup");
});

for (const [channel, method, choices] of [
  ["pos", "handover", { handover: true, cash: true, cod: false, draft: false }],
  ["sfa", "ship", { handover: true, cash: true, cod: true, draft: true }],
  ["phone", "ship", { handover: false, cash: false, cod: true, draft: true }],
]) {
  test(`choices of channel ${channel} with delivery by ${method}`, () => {
    assert.deepEqual(choicesFor(channel, method), choices);
  });
}
