// @ts-check
// The post, advert or brochure that brought the shopper: `?via=code` in the link.
import { read, write } from "../common/storage.js";

const THIRTY_DAYS = 30 * 24 * 3600 * 1000;

/** The code, or "" when there was none in the last thirty days. */
export function placement(now = Date.now()) {
  const noted = read("via", null);
  return noted && now - noted.at < THIRTY_DAYS ? noted.code : "";
}

/** Remembers the code in the query of an address. */
export function notePlacement(/** @type {string} */ query, now = Date.now()) {
  const code = new URLSearchParams(query).get("via");
  if (code && /^[\w.-]{1,64}$/.test(code)) write("via", { code, at: now });
}
