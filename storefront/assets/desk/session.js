// The signed-in staff member. A sign-in link carries the token in its fragment, which browsers do
// not send to a server; the token is then stored on this device.
import { callApi } from "../common/api.js";
import { readItem, writeItem } from "../common/storage.js";

const TOKEN = "desk.token";

/** Filled by `loadStaff`. `location` is the id of the staff member's store, warehouse or van. */
export const staff = { id: "", role: "", name: "", location: null };

/** Stores the token of a sign-in link and removes it from the address bar. */
export function takeTokenFromLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  writeItem(TOKEN, token);
  history.replaceState(null, "", location.pathname);
}

export const hasToken = () => Boolean(readItem(TOKEN, ""));

/** Calls the API with the staff member's token. Returns the parsed body; throws Problem. */
export const callAsStaff = (method, path, options = {}) =>
  callApi(method, path, { bearer: readItem(TOKEN, ""), ...options });

export async function loadStaff() {
  Object.assign(staff, await callAsStaff("GET", "/me"));
}

export const signIn = (token) => changeToken(token.trim());
export const signOut = () => changeToken(null);

function changeToken(token) {
  writeItem(TOKEN, token);
  location.reload();
}
