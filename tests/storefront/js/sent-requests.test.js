import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../../storefront/assets/common/api.js";
import {
  forgetRequest,
  newRequest,
  sendRequest,
  storedRequests,
  withdrawRequest,
} from "../../../storefront/assets/common/sent-requests.js";
import { writeItem } from "../../../storefront/assets/common/storage.js";

const TEA = { lines: [{ sku: "TEA", quantity: 1 }] };
const SOAP = { lines: [{ sku: "SOAP", quantity: 2 }] };
const failWith = (status, code) => async () => {
  throw new Problem({ code }, status);
};
const lost = failWith(0, "offline");

/** A `send` that answers with the key, and the requests it was given. */
function recorder(answer = (request) => ({ id: request.key })) {
  const sent = [];
  const send = async (request) => {
    sent.push(request);
    return answer(request);
  };
  return [send, sent];
}

test("a request that is answered is no longer stored", async () => {
  const [send, sent] = recorder();
  const request = newRequest(TEA, { total: 9 });

  const outcome = await sendRequest("answered", request, send);

  assert.deepEqual(outcome, { state: "placed", answer: { id: request.key } });
  assert.match(request.key, /^[0-9a-f]{32}$/);
  assert.deepEqual(sent, [request]);
  assert.deepEqual(storedRequests("answered"), []);
});

test("a request is stored before it is sent, so that a reload does not lose it", async () => {
  const request = newRequest(TEA);
  let storedWhileSending;

  await sendRequest("stored", request, async () => {
    storedWhileSending = storedRequests("stored");
  });

  assert.deepEqual(storedWhileSending, [request]);
});

for (const [status, code] of [
  [0, "offline"],
  [503, "unavailable"],
]) {
  test(`a request without an answer (${code}) is stored whole and sent again with its key`, async () => {
    const name = `lost-${code}`;
    const request = newRequest(TEA, { total: 9 });

    const { state } = await sendRequest(name, request, failWith(status, code));
    const [stored] = storedRequests(name);
    const [send, sent] = recorder();
    const again = await sendRequest(name, stored, send);

    assert.equal(state, "unanswered");
    assert.equal(again.state, "placed");
    assert.deepEqual(sent, [request]);
    assert.deepEqual(storedRequests(name), []);
  });
}

test("a new request is sent apart from one without an answer", async () => {
  const tea = newRequest(TEA);
  const soap = newRequest(SOAP);
  await sendRequest("apart", tea, lost);
  const [send, sent] = recorder();

  await sendRequest("apart", soap, send);

  assert.deepEqual(sent, [soap]);
  assert.notEqual(tea.key, soap.key);
  assert.deepEqual(storedRequests("apart"), [tea]);
});

test("a refusal of the first attempt frees the form, with a new key for the next", async () => {
  const outcome = await sendRequest("refused", newRequest(TEA), failWith(409, "out_of_stock"));

  assert.equal(outcome.state, "refused");
  assert.equal(outcome.problem.code, "out_of_stock");
  assert.deepEqual(storedRequests("refused"), []);
});

test("a request refused when it is sent again stays with the reason until it is forgotten", async () => {
  const request = newRequest(TEA);
  await sendRequest("late", request, lost);

  await sendRequest("late", request, failWith(409, "out_of_stock"));
  const [stored] = storedRequests("late");
  forgetRequest("late", stored);

  assert.deepEqual(stored, { ...request, refusal: { code: "out_of_stock" } });
  assert.deepEqual(storedRequests("late"), []);
});

const SAYS_NOTHING = [
  [401, "not_signed_in"],
  [403, "forbidden"],
  [404, "bug"],
  [408, "bug"],
  [409, "moved"],
  [425, "bug"],
  [429, "bug"],
];

for (const [status, code] of SAYS_NOTHING) {
  test(`an answer ${status} ${code} to a repeat decides nothing about the first attempt`, async () => {
    const name = `undecided-${status}`;
    const request = newRequest(TEA);
    await sendRequest(name, request, lost);

    const repeated = await sendRequest(name, request, failWith(status, code));
    const withdrawn = await withdrawRequest(name, request, failWith(status, code));

    assert.deepEqual([repeated.state, withdrawn.state], ["unanswered", "unanswered"]);
    assert.deepEqual(storedRequests(name), [request]);
  });
}

test("a first attempt that a proxy gave up waiting for is without an answer", async () => {
  const request = newRequest(TEA);

  const { state } = await sendRequest("proxy", request, failWith(408, "bug"));

  assert.equal(state, "unanswered");
  assert.deepEqual(storedRequests("proxy"), [request]);
});

for (const [status, code] of [
  [404, "not_found"],
  [409, "channel_off"],
  [422, "unknown_sku"],
]) {
  test(`a withdrawal that is refused with ${code} shows that nothing was carried out`, async () => {
    const name = `refused-${code}`;
    const request = newRequest(TEA);
    await sendRequest(name, request, lost);

    const outcome = await withdrawRequest(name, request, failWith(status, code));

    assert.deepEqual(outcome, { state: "withdrawn" });
    assert.deepEqual(storedRequests(name), []);
  });
}

test("giving up a request that was carried out returns its answer", async () => {
  const request = newRequest(TEA);
  await sendRequest("found", request, lost);

  const outcome = await withdrawRequest("found", request, async () => ({
    answer: { id: "ord_1" },
  }));

  assert.deepEqual(outcome, { state: "placed", answer: { id: "ord_1" } });
  assert.deepEqual(storedRequests("found"), []);
});

test("giving up a request that was not carried out withdraws it", async () => {
  const request = newRequest(TEA);
  await sendRequest("given-up", request, lost);
  const [withdraw, asked] = recorder(() => ({ answer: null }));

  const outcome = await withdrawRequest("given-up", request, withdraw);

  assert.deepEqual(outcome, { state: "withdrawn" });
  assert.deepEqual(asked, [request]);
  assert.deepEqual(storedRequests("given-up"), []);
});

test("a request is not given up while the API cannot be asked", async () => {
  const request = newRequest(TEA);
  await sendRequest("asked", request, lost);

  const outcome = await withdrawRequest("asked", request, lost);

  assert.equal(outcome.state, "unanswered");
  assert.deepEqual(storedRequests("asked"), [request]);
});

test("a request stored alone by an earlier version is one without an answer", () => {
  writeItem("earlier", { key: "k", body: TEA });

  assert.deepEqual(storedRequests("earlier"), [{ key: "k", body: TEA }]);
});
