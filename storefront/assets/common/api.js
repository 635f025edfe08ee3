// @ts-check
// The HTTP client of the API. Every failure is thrown as a Problem.

/** A problem document of the API, or code "offline" if no response arrived. */
export class Problem extends Error {
  /**
   * @param {Record<string, any>} facts the problem document
   * @param {number} status of the response; 0 without one
   */
  constructor(facts, status = 0) {
    super(facts.detail || facts.code);
    this.facts = facts;
    this.code = facts.code || "bug";
    this.status = status;
  }

  /** Whether the request may or may not have been carried out; repeat it with the same key. */
  get isUnanswered() {
    return this.status === 0 || this.status === 408 || this.status >= 500;
  }
}

/**
 * @typedef {object} RequestOptions
 * @property {unknown} [body] sent as JSON
 * @property {string} [key] the Idempotency-Key
 * @property {string} [token] secret of one order, sent as a query parameter
 * @property {string} [bearer] token of a staff member
 * @property {boolean} [text] return the response body as text instead of parsing it
 */

/**
 * Returns the parsed response body. Throws Problem.
 *
 * @param {string} method
 * @param {string} path below /api
 * @param {RequestOptions} [options]
 * @returns {Promise<any>}
 */
export async function callApi(method, path, { body, key, token, bearer, text: asText } = {}) {
  const [response, text] = await send(buildUrl(path, token), {
    method,
    headers: buildHeaders(body, key, bearer),
    body: encodeBody(body),
    credentials: "omit",
  });
  if (response.ok && asText) return text;
  const document = parseJson(text);
  if (response.ok) return document;
  throw new Problem(document || { code: codeForStatus(response.status) }, response.status);
}

/** @returns {Promise<[Response, string]>} */
async function send(/** @type {string} */ url, /** @type {RequestInit} */ request) {
  try {
    const response = await fetch(url, request);
    return [response, await response.text()];
  } catch {
    throw new Problem({ code: "offline" });
  }
}

/** @param {unknown} body @param {string} [key] @param {string} [bearer] */
function buildHeaders(body, key, bearer) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  return headers;
}

/** @param {string} path @param {string} [token] */
function buildUrl(path, token) {
  if (!token) return `/api${path}`;
  return `/api${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`;
}

const encodeBody = (/** @type {unknown} */ body) =>
  body === undefined ? undefined : JSON.stringify(body);

const codeForStatus = (/** @type {number} */ status) => (status >= 500 ? "unavailable" : "bug");

/** The value, or null for text that is not JSON, such as the error page of a proxy. */
function parseJson(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A random Idempotency-Key of 32 hexadecimal digits. */
export const newIdempotencyKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
