// Who sits at the desk. The token comes in a link's fragment, which no server ever sees, and stays on this device.
import { call } from "../common/api.js";
import { read, write } from "../shop/keep.js";

export const me = { id: "", role: "", name: "", location: null };

export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  write("desk.token", given);
  history.replaceState(null, "", location.pathname);
}

export const signedIn = () => Boolean(read("desk.token", ""));
export const ask = (method, path, options = {}) => call(method, path, { bearer: read("desk.token", ""), ...options });

export async function learnWhoIAm() {
  Object.assign(me, await ask("GET", "/me"));
}

export function signIn(token) {
  write("desk.token", token.trim());
  location.reload();
}

export function signOut() {
  write("desk.token", null);
  location.reload();
}
