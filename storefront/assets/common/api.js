// One road to the API. A problem document becomes a Problem; no answer at all becomes one with code "offline".
export class Problem extends Error {
  constructor(facts, status = 0) {
    super(facts.detail || facts.code);
    this.facts = facts;
    this.code = facts.code || "bug";
    this.status = status;
  }

  /** Nobody knows whether it was done: the same request has to be sent again with the same key. */
  get unanswered() {
    return this.status === 0 || this.status >= 500;
  }
}

export async function call(method, path, { body, key, token, bearer, text: asText } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  const address = "/api" + path + (token ? (path.includes("?") ? "&" : "?") + "token=" + encodeURIComponent(token) : "");
  let answer, text;
  try {
    answer = await fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "omit" });
    text = await answer.text();
  } catch {
    throw new Problem({ code: "offline" });
  }
  if (answer.ok && asText) return text;
  const said = readable(text);
  if (!answer.ok) throw new Problem(said || { code: answer.status >= 500 ? "unavailable" : "bug" }, answer.status);
  return said;
}

function readable(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
