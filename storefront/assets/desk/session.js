// The signed-in staff member. A sign-in link carries the token in its fragment, which browsers do
// not send to a server; the token is then stored on this device.
import { callApi } from "../common/api.js";
import { readItem, writeItem } from "../common/storage.js";

const TOKEN = "desk.token";
// Says that the person signed in here before, so that strangers cannot use up their codes.
const DEVICE = "desk.device";

/** Filled by `loadStaff`. `location` is the id of the staff member's store, warehouse or van. */
export const staff = { id: "", role: "", name: "", location: null };

/**
 * Takes the token of a sign-in link out of the address bar. It is stored unless somebody else is
 * signed in here: then returns `{ token, name, current }`, for a question; else null.
 */
export async function takeTokenFromLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return null;
  history.replaceState(null, "", location.pathname);
  const stored = readItem(TOKEN, "");
  const [linked, current] = stored ? await Promise.all([token, stored].map(findPerson)) : [];
  if (linked && current && linked.id !== current.id)
    return { token, name: linked.name, current: current.name };
  if (!current || linked) writeItem(TOKEN, token); // a link that has ended signs nobody out
  return null;
}

/** The person of a token, or null if it is good no longer. */
const findPerson = (token) => callApi("GET", "/me", { bearer: token }).catch(() => null);

export const hasToken = () => Boolean(readItem(TOKEN, ""));

/** Calls the API with the staff member's token. Returns the parsed body; throws Problem. */
export async function callAsStaff(method, path, options = {}) {
  try {
    return await callApi(method, path, { bearer: readItem(TOKEN, ""), ...options });
  } catch (problem) {
    // Signed out elsewhere while the desk is open: the page starts again and says so.
    if (problem.status === 401 && staff.id) location.reload();
    throw problem;
  }
}

export async function loadStaff() {
  Object.assign(staff, await callAsStaff("GET", "/me"));
}

/** Requests a sign-in code for a phone number or an e-mail address. Returns the attempt's id. */
export async function requestCode(identity) {
  const body = { [identity.includes("@") ? "email" : "phone"]: identity, ...deviceToken() };
  return (await callApi("POST", "/sign-in", { body })).attempt;
}

/** Signs in with the code of an attempt and starts the desk. */
export async function confirmCode(attempt, code) {
  const signedIn = await callApi("POST", "/sign-in/confirm", { body: { attempt, code } });
  writeItem(DEVICE, signedIn.device);
  useToken(signedIn.token);
}

function deviceToken() {
  const device = readItem(DEVICE, "");
  return device ? { device } : {};
}

export async function signOut() {
  await callApi("POST", "/sign-out", { bearer: readItem(TOKEN, "") }).catch(() => {}); // ended before
  useToken(null);
}

/** Stores a token, or forgets it for null, and starts the desk again. */
export function useToken(token) {
  writeItem(TOKEN, token);
  location.reload();
}
