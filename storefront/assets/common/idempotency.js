// @ts-check
// Requests that must be carried out once. Key and body are stored until the API answers, so that a
// lost connection, a reload or a second tap repeats the request instead of making another.
import { newKey } from "./api.js";
import { read, write } from "./storage.js";

/** @typedef {{ key: string, body: any }} KeyedRequest */

/**
 * The request of this name that still waits for an answer, or null.
 *
 * @param {string} name
 * @returns {KeyedRequest | null}
 */
export const pendingRequest = (name) => read(name, null);

/**
 * Sends the pending request of this name, or a new one. It stays pending when no answer comes.
 *
 * @param {string} name
 * @param {() => unknown} buildBody
 * @param {(request: KeyedRequest) => Promise<any>} send
 * @returns {Promise<any>} what `send` answers. Throws what it throws.
 */
export async function sendOnce(name, buildBody, send) {
  const request = pendingRequest(name) ?? { key: newKey(), body: buildBody() };
  write(name, request);
  try {
    const answer = await send(request);
    write(name, null);
    return answer;
  } catch (/** @type {any} */ error) {
    if (!error.unanswered) write(name, null);
    throw error;
  }
}

/** A short name for a body that is too long to be one: the same text gives the same name. */
export const fingerprint = (/** @type {string} */ text) =>
  [...text]
    .reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
    .toString(36);
