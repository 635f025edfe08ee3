// @ts-check
// Requests that place something, such as an order. Each is stored whole, with its Idempotency-Key,
// from before it is sent until the API answers. After a lost connection it can be sent again or
// withdrawn; the form it came from is free for another request meanwhile.
import { newIdempotencyKey } from "./api.js";
import { readItem, writeItem } from "./storage.js";

/**
 * @typedef {object} SentRequest
 * @property {string} key the Idempotency-Key of every attempt
 * @property {any} body as first sent; later changes of the form do not reach it
 * @property {any} [shown] what the page shows of it beside the body, such as names and the total
 * @property {string} [sent_at]
 * @property {any} [refusal] the problem document, if it was refused when sent again
 *
 * @typedef {"placed" | "refused" | "unanswered" | "withdrawn"} State
 * @typedef {{ state: State, answer?: any, problem?: any }} Outcome
 */

/**
 * A request that is not stored yet.
 *
 * @param {unknown} body
 * @param {unknown} [shown]
 * @returns {SentRequest}
 */
export const newRequest = (body, shown) => ({
  key: newIdempotencyKey(),
  body,
  shown,
  sent_at: new Date().toISOString(),
});

/**
 * The stored requests of this name, oldest first: without an answer, or refused when sent again.
 *
 * @param {string} name
 * @returns {SentRequest[]}
 */
export const storedRequests = (name) => [readItem(name, [])].flat();

/** Codes of problems with these statuses that are no decision about the request. */
const UNDECIDED = ["bug", "moved"];

/**
 * Whether a refusal shows that no attempt was carried out: the API answers a repeat of a request that
 * was carried out before it decides. A sign-in that ended, too many requests, or the error page of a
 * proxy says nothing about earlier attempts.
 *
 * @param {{ status: number, code: string }} problem
 */
const isDecision = ({ status, code }) =>
  [404, 409, 422].includes(status) && !UNDECIDED.includes(code);

/**
 * Stores the request, sends it, and sends the same again if it is called again. After "placed" it is
 * no longer stored, nor after "refused" by the first answer: the form still has its content then.
 * A request that was stored before stays, after a decision with its `refusal`, until
 * `forgetRequest`; after any other problem it is still "unanswered".
 *
 * @param {string} name
 * @param {SentRequest} request
 * @param {(request: SentRequest) => Promise<any>} send
 * @returns {Promise<Outcome>}
 */
export async function sendRequest(name, request, send) {
  const isRepeated = storedRequests(name).some(({ key }) => key === request.key);
  storeRequest(name, request);
  try {
    const answer = await send(request);
    forgetRequest(name, request);
    return { state: "placed", answer };
  } catch (/** @type {any} */ problem) {
    if (problem.isUnanswered || (isRepeated && !isDecision(problem)))
      return { state: "unanswered", problem };
    if (isRepeated) storeRequest(name, { ...request, refusal: problem.facts });
    else forgetRequest(name, request);
    return { state: "refused", problem };
  }
}

/**
 * Asks the API for the answer of a request before giving it up. "placed": it had been carried out,
 * with `answer`; "withdrawn": it was not, and will not be if it still arrives, because it is
 * withdrawn or refused. In both cases it is no longer stored. "unanswered": the API could not be
 * asked, so the request stays.
 *
 * @param {string} name
 * @param {SentRequest} request
 * @param {(request: SentRequest) => Promise<{ answer: any }>} withdraw
 * @returns {Promise<Outcome>}
 */
export async function withdrawRequest(name, request, withdraw) {
  try {
    const { answer } = await withdraw(request);
    forgetRequest(name, request);
    return answer ? { state: "placed", answer } : { state: "withdrawn" };
  } catch (/** @type {any} */ problem) {
    if (!isDecision(problem)) return { state: "unanswered", problem };
    forgetRequest(name, request);
    return { state: "withdrawn" };
  }
}

/** @param {string} name @param {SentRequest} request */
export const forgetRequest = (name, request) => writeRequests(name, otherRequests(name, request));

/** Adds the request, or replaces the one with its key in place. */
function storeRequest(/** @type {string} */ name, /** @type {SentRequest} */ request) {
  const requests = storedRequests(name);
  const index = requests.findIndex(({ key }) => key === request.key);
  if (index < 0) requests.push(request);
  else requests[index] = request;
  writeRequests(name, requests);
}

/** @param {string} name @param {SentRequest} request */
const otherRequests = (name, request) =>
  storedRequests(name).filter(({ key }) => key !== request.key);

/** @param {string} name @param {SentRequest[]} requests */
const writeRequests = (name, requests) => writeItem(name, requests.length ? requests : null);
