// @ts-check
// Requests that must not be carried out twice. The Idempotency-Key and the body are stored until
// the API answers, so a lost connection, a reload or a second tap repeats the same request.
import { newIdempotencyKey } from "./api.js";
import { readItem, writeItem } from "./storage.js";

/** @typedef {{ key: string, body: any }} KeyedRequest */

/**
 * The stored request of this name that has no response yet, or null.
 *
 * @param {string} name
 * @returns {KeyedRequest | null}
 */
export const pendingRequest = (name) => readItem(name, null);

/**
 * Sends the pending request of this name or, without one, a new request. The request stays pending
 * if no response arrives.
 *
 * @param {string} name
 * @param {() => unknown} buildBody
 * @param {(request: KeyedRequest) => Promise<any>} send
 * @returns {Promise<any>} the result of `send`. Throws what `send` throws.
 */
export async function sendOnce(name, buildBody, send) {
  const request = pendingRequest(name) ?? { key: newIdempotencyKey(), body: buildBody() };
  writeItem(name, request);
  try {
    const response = await send(request);
    writeItem(name, null);
    return response;
  } catch (/** @type {any} */ error) {
    if (!error.isUnanswered) writeItem(name, null);
    throw error;
  }
}

/** A short hash of a text, in base 36. */
export const fingerprint = (/** @type {string} */ text) =>
  [...text]
    .reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
    .toString(36);
