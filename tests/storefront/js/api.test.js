import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { callApi, newIdempotencyKey, Problem } from "../../../storefront/assets/common/api.js";

const originalFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = originalFetch;
});

/** Answers every request with this response, and returns the list of requests. */
function stubFetch(status, body) {
  const requests = [];
  globalThis.fetch = async (address, options) => {
    requests.push({ address, ...options });
    return new Response(body, { status });
  };
  return requests;
}

test("a request carries its body, key and tokens", async () => {
  const requests = stubFetch(200, '{"id":"ord_1"}');

  const document = await callApi("POST", "/orders?of=me", {
    body: { lines: [] },
    key: "k1",
    token: "a b",
    bearer: "staff",
  });

  assert.deepEqual(document, { id: "ord_1" });
  assert.equal(requests[0].address, "/api/orders?of=me&token=a%20b");
  assert.equal(requests[0].body, '{"lines":[]}');
  assert.deepEqual(requests[0].headers, {
    Accept: "application/json",
    "Content-Type": "application/json",
    "Idempotency-Key": "k1",
    Authorization: "Bearer staff",
  });
});

test("a request without a body has no Content-Type", async () => {
  const requests = stubFetch(200, "{}");

  await callApi("GET", "/me");

  assert.equal(requests[0].address, "/api/me");
  assert.equal(requests[0].body, undefined);
  assert.deepEqual(requests[0].headers, { Accept: "application/json" });
});

test("a text response is returned unparsed", async () => {
  stubFetch(200, "day,orders\n");

  assert.equal(await callApi("GET", "/reports/recap", { text: true }), "day,orders\n");
});

test("a refusal is an answer and is not repeated", async () => {
  stubFetch(409, '{"code":"out_of_stock","detail":"Nothing left.","short":[]}');

  const problem = await callApi("POST", "/orders").catch((error) => error);

  assert.ok(problem instanceof Problem);
  assert.deepEqual([problem.code, problem.status], ["out_of_stock", 409]);
  assert.equal(problem.message, "Nothing left.");
  assert.equal(problem.isUnanswered, false);
});

for (const [status, body, code] of [
  [503, "<h1>Bad gateway</h1>", "unavailable"],
  [500, '{"code":"bug"}', "bug"],
]) {
  test(`a response ${status} with code ${code} is unanswered`, async () => {
    stubFetch(status, body);

    const problem = await callApi("POST", "/orders").catch((error) => error);

    assert.equal(problem.code, code);
    assert.equal(problem.isUnanswered, true);
  });
}

test("a failed connection is an unanswered problem with code offline", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("fetch failed");
  };

  const problem = await callApi("GET", "/me").catch((error) => error);

  assert.deepEqual([problem.code, problem.status, problem.isUnanswered], ["offline", 0, true]);
});

test("a refusal that is not JSON has code bug", async () => {
  stubFetch(404, "not JSON");

  const problem = await callApi("GET", "/me").catch((error) => error);

  assert.deepEqual([problem.code, problem.isUnanswered], ["bug", false]);
});

test("idempotency keys are 32 hexadecimal digits and differ", () => {
  assert.match(newIdempotencyKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(newIdempotencyKey(), newIdempotencyKey());
});
