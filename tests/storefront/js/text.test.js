import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  containsWords,
  foldWords,
  interpolate,
  lastKnownPart,
  startsWords,
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

test("case, accents, quotes and punctuation do not matter, as in Python", () => {
  const file = new URL("../../catalog/folded_texts.json", import.meta.url);
  for (const [text, folded] of JSON.parse(readFileSync(file, "utf-8")))
    assert.equal(foldWords(text), folded);
  assert.ok(containsWords("Café Ibu Ratih’s", "cafe ratih's"));
});

test("the words of a search are beginnings of words", () => {
  assert.ok(startsWords("mi goreng mie noodles", "nood GOR"));
  assert.ok(!startsWords("premium goreng", "mi"));
  assert.ok(startsWords("kopi tubruk 2000000000015", "20000000"));
  assert.ok(startsWords("kopi", " "));
});
