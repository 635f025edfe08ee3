import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { call, newKey, Problem } from "../../../storefront/assets/common/api.js";

const originalFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = originalFetch;
});

/** Answers every request with this, and returns the list of requests. */
function answering(status, body) {
  const requests = [];
  globalThis.fetch = async (address, options) => {
    requests.push({ address, ...options });
    return new Response(body, { status });
  };
  return requests;
}

test("a request carries its body, key and tokens", async () => {
  const requests = answering(200, '{"id":"ord_1"}');

  const answer = await call("POST", "/orders?of=me", {
    body: { lines: [] },
    key: "k1",
    token: "a b",
    bearer: "staff",
  });

  assert.deepEqual(answer, { id: "ord_1" });
  assert.equal(requests[0].address, "/api/orders?of=me&token=a%20b");
  assert.equal(requests[0].body, '{"lines":[]}');
  assert.deepEqual(requests[0].headers, {
    Accept: "application/json",
    "Content-Type": "application/json",
    "Idempotency-Key": "k1",
    Authorization: "Bearer staff",
  });
});

test("a request without a body sends neither a body nor its type", async () => {
  const requests = answering(200, "{}");

  await call("GET", "/me");

  assert.equal(requests[0].address, "/api/me");
  assert.equal(requests[0].body, undefined);
  assert.deepEqual(requests[0].headers, { Accept: "application/json" });
});

test("text is answered as it is", async () => {
  answering(200, "day,orders\n");

  assert.equal(await call("GET", "/reports/recap", { text: true }), "day,orders\n");
});

test("a refusal is answered, so it must not be repeated", async () => {
  answering(409, '{"code":"out_of_stock","detail":"Nothing left.","short":[]}');

  const problem = await call("POST", "/orders").catch((error) => error);

  assert.ok(problem instanceof Problem);
  assert.deepEqual([problem.code, problem.status], ["out_of_stock", 409]);
  assert.equal(problem.message, "Nothing left.");
  assert.equal(problem.unanswered, false);
});

for (const [status, body, code] of [
  [503, "<h1>Bad gateway</h1>", "unavailable"],
  [500, '{"code":"bug"}', "bug"],
]) {
  test(`after ${code} with status ${status} the same request may be repeated`, async () => {
    answering(status, body);

    const problem = await call("POST", "/orders").catch((error) => error);

    assert.equal(problem.code, code);
    assert.equal(problem.unanswered, true);
  });
}

test("without a connection the problem is offline and unanswered", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("fetch failed");
  };

  const problem = await call("GET", "/me").catch((error) => error);

  assert.deepEqual([problem.code, problem.status, problem.unanswered], ["offline", 0, true]);
});

test("an unreadable refusal is a bug", async () => {
  answering(404, "not JSON");

  const problem = await call("GET", "/me").catch((error) => error);

  assert.deepEqual([problem.code, problem.unanswered], ["bug", false]);
});

test("keys are 32 hexadecimal digits and differ", () => {
  assert.match(newKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(newKey(), newKey());
});
