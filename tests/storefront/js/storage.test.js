import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { readItem, writeItem } from "../../../storefront/assets/common/storage.js";
import { placement, rememberPlacement } from "../../../storefront/assets/shop/placement.js";

afterEach(() => {
  delete globalThis.localStorage;
});

/** A stub of localStorage, which Node.js does not have. */
function withStorage(stored = new Map()) {
  globalThis.localStorage = {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => stored.set(name, value),
    removeItem: (name) => stored.delete(name),
  };
  return stored;
}

test("values are stored as JSON under a prefix, and null removes them", () => {
  const stored = withStorage();

  writeItem("me", { name: "Sari" });
  assert.deepEqual([...stored], [["kanal.me", '{"name":"Sari"}']]);
  assert.deepEqual(readItem("me", {}), { name: "Sari" });

  writeItem("me", null);
  assert.equal(stored.size, 0);
  assert.equal(readItem("me", "fallback"), "fallback");
});

test("values are held in memory if storage is forbidden", () => {
  const forbidden = () => {
    throw new Error("denied");
  };
  globalThis.localStorage = { getItem: forbidden, setItem: forbidden, removeItem: forbidden };

  writeItem("cart", [1]);

  assert.deepEqual(readItem("cart", []), [1]);
});

test("a stored value that is not JSON is ignored", () => {
  withStorage(new Map([["kanal.broken", "{"]]));

  assert.equal(readItem("broken", "fallback"), "fallback");
});

test("a placement is remembered for thirty days", () => {
  withStorage();
  const day = 24 * 3600 * 1000;

  rememberPlacement("?via=brochure-7", 0);

  assert.equal(placement(30 * day - 1), "brochure-7");
  assert.equal(placement(30 * day), "");
});

test("a placement with an invalid code is not stored", () => {
  const stored = withStorage();

  for (const query of ["", "?via=", "?via=a%20b", `?via=${"x".repeat(65)}`])
    rememberPlacement(query);

  assert.equal(stored.size, 0);
});
