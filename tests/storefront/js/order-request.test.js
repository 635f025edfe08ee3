import assert from "node:assert/strict";
import { test } from "node:test";
import { orderRequest, quoteRequest } from "../../../storefront/assets/shop/order-request.js";

const LINES = [{ sku: "TEH", quantity: 2 }];
const FIELDS = {
  ...{ name: "Sari", phone: "0812", email: "", street: "Jl. Darmo 1", city: "Surabaya" },
  ...{ postcode: "60241", delivery: "ship", location: "st-darmo", coupon: "", note: "" },
  payment: "cod",
};

const form = (fields = {}, facts = {}) => ({
  fields: { ...FIELDS, ...fields },
  ...{ lines: LINES, placement: "", country: "SG", language: "en", backorder: false },
  ...facts,
});

test("an order request has the filled fields and the shop's country", () => {
  assert.deepEqual(orderRequest(form()), {
    channel: "web",
    lines: LINES,
    customer: { name: "Sari", phone: "0812" },
    delivery: {
      method: "ship",
      address: { street: "Jl. Darmo 1", city: "Surabaya", postcode: "60241", country: "SG" },
    },
    payments: [{ method: "cod" }],
    language: "en",
  });
});

test("an order request names the total that was shown", () => {
  const quotedTotal = { amount: 25000, currency: "IDR" };

  const request = orderRequest(form({}, { quotedTotal }));

  assert.deepEqual(request.expected_total, quotedTotal);
});

test("coupon, note, placement and consent to wait are sent if present", () => {
  const typed = { coupon: "lebaran", note: "Blue gate", delivery: "pickup" };

  const { coupons, note, placement, backorder, delivery } = orderRequest(
    form(typed, { placement: "brochure-7", backorder: true }),
  );

  assert.deepEqual(coupons, ["LEBARAN"]);
  assert.deepEqual([note, placement, backorder], ["Blue gate", "brochure-7", true]);
  assert.deepEqual(delivery, { method: "pickup", location: "st-darmo" });
});

test("a quote has no destination until most of the postcode is typed or a store is chosen", () => {
  assert.equal(quoteRequest(form({ postcode: "602" })).delivery, undefined);
  assert.equal(quoteRequest(form({ postcode: "6024" })).delivery.method, "ship");
  assert.equal(quoteRequest(form({ postcode: "", delivery: "pickup" })).delivery.method, "pickup");
  assert.equal(quoteRequest(form({ location: "", delivery: "pickup" })).delivery, undefined);
});

test("a quote has neither customer nor payment", () => {
  assert.deepEqual(Object.keys(quoteRequest(form())), ["channel", "lines", "delivery"]);
});
