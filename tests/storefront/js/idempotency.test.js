import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../storefront/assets/common/api.js";
import {
  fingerprint,
  pendingRequest,
  sendOnce,
} from "../../../storefront/assets/common/idempotency.js";

const failWith = (status) => async () => {
  throw new Problem({ code: "test" }, status);
};

test("an answered request is no longer pending", async () => {
  const sent = [];
  const send = async (request) => {
    sent.push(request);
    return "done";
  };

  assert.equal(await sendOnce("answered", () => ({ lines: 1 }), send), "done");

  assert.deepEqual(sent[0].body, { lines: 1 });
  assert.equal(pendingRequest("answered"), null);
});

test("an unanswered request is repeated with the same key and body", async () => {
  const sent = [];
  const send = async (request) => {
    sent.push(request);
    return "done";
  };
  await assert.rejects(sendOnce("lost", () => ({ lines: 1 }), failWith(0)));
  const pending = pendingRequest("lost");

  await sendOnce("lost", () => ({ lines: 2 }), send);

  assert.deepEqual(sent, [pending]);
  assert.deepEqual(pending.body, { lines: 1 });
});

test("a request that failed on the server stays pending", async () => {
  await assert.rejects(sendOnce("failed", () => null, failWith(503)));

  assert.match(pendingRequest("failed").key, /^[0-9a-f]{32}$/);
});

test("the request after a refusal has a new key", async () => {
  const keys = [];
  const refuse = async ({ key }) => {
    keys.push(key);
    throw new Problem({ code: "out_of_stock" }, 409);
  };

  await assert.rejects(sendOnce("refused", () => null, refuse));
  assert.equal(pendingRequest("refused"), null);
  await assert.rejects(sendOnce("refused", () => null, refuse));

  assert.notEqual(keys[0], keys[1]);
});

test("requests with different names are independent", async () => {
  await assert.rejects(sendOnce("one", () => 1, failWith(0)));

  assert.equal(pendingRequest("other"), null);
});

test("a fingerprint depends only on the text", () => {
  assert.equal(fingerprint('{"a":1}'), fingerprint('{"a":1}'));
  assert.notEqual(fingerprint('{"a":1}'), fingerprint('{"a":2}'));
  assert.match(fingerprint(""), /^[0-9a-z]+$/);
});
