import assert from "node:assert/strict";
import { test } from "node:test";
import {
  containsWords,
  interpolate,
  lastKnownPart,
} from "../../../storefront/assets/common/text.js";

test("placeholders are replaced by values, including zero", () => {
  assert.equal(interpolate("{count} of {most}", { count: 0, most: 5 }), "0 of 5");
});

test("a placeholder without a value stays", () => {
  assert.equal(interpolate("{count} left"), "{count} left");
});

test("words match in any order and case", () => {
  assert.ok(containsWords("Teh Botol KPI-1", "kpi-1 TEH"));
  assert.ok(!containsWords("Teh Botol", "teh kopi"));
});

test("an empty search matches every text", () => {
  assert.ok(containsWords("Teh", "  "));
});

test("lastKnownPart returns the last part that is in the table", () => {
  const table = { phone: "Check the phone number", coupons: "Check the code" };

  assert.equal(lastKnownPart("customer.phone", table), "phone");
  assert.equal(lastKnownPart("coupons.SALE", table), "coupons");
  assert.equal(lastKnownPart("lines.0.toString", table), "");
});
