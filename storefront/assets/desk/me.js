// Who sits at the desk. The token comes in a link's fragment, which browsers send to no server, and
// stays on this device.
import { call } from "../common/api.js";
import { read, write } from "../common/storage.js";

const TOKEN = "desk.token";

export const me = { id: "", role: "", name: "", location: null };

export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  write(TOKEN, token);
  history.replaceState(null, "", location.pathname);
}

export const signedIn = () => Boolean(read(TOKEN, ""));

/** Calls the API as the person at the desk. */
export const ask = (method, path, options = {}) =>
  call(method, path, { bearer: read(TOKEN, ""), ...options });

export async function learnWhoIAm() {
  Object.assign(me, await ask("GET", "/me"));
}

export const signIn = (token) => changeToken(token.trim());
export const signOut = () => changeToken(null);

function changeToken(token) {
  write(TOKEN, token);
  location.reload();
}
