import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  formatAmounts,
  formatMoney,
  fromDecimal,
  toDecimal,
} from "../../../storefront/assets/common/money.js";

const EXAMPLES = JSON.parse(readFileSync(new URL("../../kit/money.json", import.meta.url), "utf8"));

for (const [amount, currency, text, decimal] of EXAMPLES) {
  test(`${amount} ${currency} is formatted as ${text} and ${decimal}`, () => {
    const money = { amount, currency };

    assert.equal(formatMoney(money), text);
    assert.equal(toDecimal(money), decimal);
    assert.deepEqual(fromDecimal(decimal, currency), money);
  });
}

test("a typed amount is rounded to a whole minor unit", () => {
  assert.deepEqual(fromDecimal("19.999", "USD"), { amount: 2000, currency: "USD" });
  assert.deepEqual(fromDecimal("1.1", "USD"), { amount: 110, currency: "USD" });
  assert.deepEqual(fromDecimal("1250", "IDR"), { amount: 1250, currency: "IDR" });
});

test("amounts among the facts of a problem are formatted, and other facts stay", () => {
  const facts = { due: { amount: 131000, currency: "IDR" }, count: 2, short: [{ sku: "A" }] };

  assert.deepEqual(formatAmounts(facts), { due: "Rp131.000", count: 2, short: [{ sku: "A" }] });
  assert.deepEqual(formatAmounts(undefined), {});
});
