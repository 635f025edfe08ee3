// @ts-check
// The only module that calls the API. Every failure is thrown as a Problem.

/** A problem document of the API, or code "offline" when no answer came. */
export class Problem extends Error {
  /**
   * @param {Record<string, any>} facts
   * @param {number} status of the response; 0 without one
   */
  constructor(facts, status = 0) {
    super(facts.detail || facts.code);
    this.facts = facts;
    this.code = facts.code || "bug";
    this.status = status;
  }

  /** It is unknown whether the request was carried out: repeat it with the same key. */
  get unanswered() {
    return this.status === 0 || this.status >= 500;
  }
}

/**
 * @typedef {object} Options
 * @property {unknown} [body] sent as JSON
 * @property {string} [key] the Idempotency-Key
 * @property {string} [token] opens one order
 * @property {string} [bearer] signs staff in
 * @property {boolean} [text] answer the body as text instead of parsing it
 */

/**
 * @param {string} method
 * @param {string} path below /api
 * @param {Options} [options]
 * @returns {Promise<any>} the parsed body. Throws Problem.
 */
export async function call(method, path, { body, key, token, bearer, text: asText } = {}) {
  const request = { method, headers: headersOf(body, key, bearer), body: encoded(body) };
  const [response, text] = await send(addressOf(path, token), { ...request, credentials: "omit" });
  if (response.ok && asText) return text;
  const document = parsed(text);
  if (response.ok) return document;
  throw new Problem(document || { code: codeOf(response.status) }, response.status);
}

/** @returns {Promise<[Response, string]>} */
async function send(/** @type {string} */ address, /** @type {RequestInit} */ request) {
  try {
    const response = await fetch(address, request);
    return [response, await response.text()];
  } catch {
    throw new Problem({ code: "offline" });
  }
}

/** @param {unknown} body @param {string} [key] @param {string} [bearer] */
function headersOf(body, key, bearer) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  return headers;
}

/** @param {string} path @param {string} [token] */
function addressOf(path, token) {
  if (!token) return `/api${path}`;
  return `/api${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`;
}

const encoded = (/** @type {unknown} */ body) =>
  body === undefined ? undefined : JSON.stringify(body);

const codeOf = (/** @type {number} */ status) => (status >= 500 ? "unavailable" : "bug");

function parsed(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A new Idempotency-Key: 32 hexadecimal digits. */
export const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
