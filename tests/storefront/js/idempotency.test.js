import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../storefront/assets/common/api.js";
import {
  fingerprint,
  pendingRequest,
  sendOnce,
} from "../../../storefront/assets/common/idempotency.js";

const failing = (status) => async () => {
  throw new Problem({ code: "test" }, status);
};

test("an answered request is not pending any more", async () => {
  const sent = [];
  const send = async (request) => {
    sent.push(request);
    return "done";
  };

  assert.equal(await sendOnce("answered", () => ({ lines: 1 }), send), "done");

  assert.deepEqual(sent[0].body, { lines: 1 });
  assert.equal(pendingRequest("answered"), null);
});

test("an unanswered request is repeated with its key and body, whatever was typed since", async () => {
  const sent = [];
  const send = async (request) => {
    sent.push(request);
    return "done";
  };
  await assert.rejects(sendOnce("lost", () => ({ lines: 1 }), failing(0)));
  const pending = pendingRequest("lost");

  await sendOnce("lost", () => ({ lines: 2 }), send);

  assert.deepEqual(sent, [pending]);
  assert.deepEqual(pending.body, { lines: 1 });
});

test("a request that the server failed on stays pending", async () => {
  await assert.rejects(sendOnce("failed", () => null, failing(503)));

  assert.match(pendingRequest("failed").key, /^[0-9a-f]{32}$/);
});

test("after a refusal the next request has a key of its own", async () => {
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

test("requests of different names do not mix", async () => {
  await assert.rejects(sendOnce("one", () => 1, failing(0)));

  assert.equal(pendingRequest("other"), null);
});

test("a fingerprint is the same for the same text only", () => {
  assert.equal(fingerprint('{"a":1}'), fingerprint('{"a":1}'));
  assert.notEqual(fingerprint('{"a":1}'), fingerprint('{"a":2}'));
  assert.match(fingerprint(""), /^[0-9a-z]+$/);
});
