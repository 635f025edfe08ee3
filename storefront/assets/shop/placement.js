// @ts-check
// The post, advert or brochure that led the shopper here: `?via=code` in a link.
import { readItem, writeItem } from "../common/storage.js";

const THIRTY_DAYS = 30 * 24 * 3600 * 1000; // milliseconds

/** The code of the last link that had one, or "" after thirty days. */
export function placement(now = Date.now()) {
  const stored = readItem("via", null);
  return stored && now - stored.at < THIRTY_DAYS ? stored.code : "";
}

/** Stores the code in the query of a URL, if it has a valid one. */
export function rememberPlacement(/** @type {string} */ query, now = Date.now()) {
  const code = new URLSearchParams(query).get("via");
  if (code && /^[\w.-]{1,64}$/.test(code)) writeItem("via", { code, at: now });
}
