import assert from "node:assert/strict";
import { test } from "node:test";
import { containsWords, interpolate, namedPart } from "../../../storefront/assets/common/text.js";

test("a text is filled with its facts, zero among them", () => {
  assert.equal(interpolate("{count} of {most}", { count: 0, most: 5 }), "0 of 5");
});

test("a name without a fact stays as it is", () => {
  assert.equal(interpolate("{count} left"), "{count} left");
});

test("words are found in any order and case", () => {
  assert.ok(containsWords("Teh Botol KPI-1", "kpi-1 TEH"));
  assert.ok(!containsWords("Teh Botol", "teh kopi"));
});

test("an empty search is contained in every text", () => {
  assert.ok(containsWords("Teh", "  "));
});

test("a field is named by its last part that has words", () => {
  const table = { phone: "Check the phone number", coupons: "Check the code" };

  assert.equal(namedPart("customer.phone", table), "phone");
  assert.equal(namedPart("coupons.SALE", table), "coupons");
  assert.equal(namedPart("lines.0.toString", table), "");
});
