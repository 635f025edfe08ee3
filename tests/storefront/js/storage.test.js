import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { read, write } from "../../../storefront/assets/common/storage.js";
import { notePlacement, placement } from "../../../storefront/assets/shop/placement.js";

afterEach(() => {
  delete globalThis.localStorage;
});

/** A stand-in for the browser's storage, which node has not. */
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

  write("me", { name: "Sari" });
  assert.deepEqual([...stored], [["kanal.me", '{"name":"Sari"}']]);
  assert.deepEqual(read("me", {}), { name: "Sari" });

  write("me", null);
  assert.equal(stored.size, 0);
  assert.equal(read("me", "nobody"), "nobody");
});

test("where storage is forbidden, memory keeps the value", () => {
  const forbidden = () => {
    throw new Error("denied");
  };
  globalThis.localStorage = { getItem: forbidden, setItem: forbidden, removeItem: forbidden };

  write("cart", [1]);

  assert.deepEqual(read("cart", []), [1]);
});

test("what is no JSON counts as nothing", () => {
  withStorage(new Map([["kanal.broken", "{"]]));

  assert.equal(read("broken", "otherwise"), "otherwise");
});

test("a placement is kept for thirty days", () => {
  withStorage();
  const day = 24 * 3600 * 1000;

  notePlacement("?via=brochure-7", 0);

  assert.equal(placement(30 * day - 1), "brochure-7");
  assert.equal(placement(30 * day), "");
});

test("a placement that is no plain code is not noted", () => {
  const stored = withStorage();

  for (const query of ["", "?via=", "?via=a%20b", `?via=${"x".repeat(65)}`]) notePlacement(query);

  assert.equal(stored.size, 0);
});
