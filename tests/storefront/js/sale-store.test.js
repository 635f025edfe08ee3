import assert from "node:assert/strict";
import { test } from "node:test";
import { isBegun, loadSale, saveSale } from "../../../storefront/assets/desk/sale-store.js";

const sale = (fields = {}, lines = []) => ({
  fields: { channel: "pos", method: "handover", phone: "", name: "", ...fields },
  ...{ lines, customerId: "", country: "ID" },
});

test("a sale with goods or with typed text is begun", () => {
  assert.equal(isBegun(sale()), false);
  assert.equal(isBegun(sale({ phone: "0812" })), true);
  assert.equal(isBegun(sale({}, [["TEH-01", 1]])), true);
});

test("an unfinished sale is stored for its staff member only, until it is emptied", () => {
  const begun = sale({}, [["TEH-01", 2]]);

  saveSale("cashier-1", begun);
  assert.deepEqual(loadSale("cashier-1"), begun);
  assert.equal(loadSale("cashier-2"), null);

  saveSale("cashier-1", sale());
  assert.equal(loadSale("cashier-1"), null);
});
