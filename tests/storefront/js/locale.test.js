import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dateFormats,
  dateIn,
  dayFormat,
  formatKilometers,
} from "../../../storefront/assets/common/locale.js";

const LATE = "2026-11-27T18:30:00.000Z"; // already the 28th in Jakarta

test("an instant is written on the clock of the shop, in the page's language", () => {
  const options = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };

  assert.equal(dateFormats("en", "Asia/Jakarta")(options)(LATE), "28 November at 01:30");
  assert.match(dateFormats("id", "Asia/Jakarta")(options)(LATE), /^28 November.*01\.30$/);
});

test("nothing is written for no date", () => {
  assert.equal(dateFormats("en", "UTC")({ day: "numeric" })(null), "");
});

test("a calendar day stays the same day west of Greenwich", () => {
  process.env.TZ = "America/New_York";
  const options = { day: "numeric", month: "short", year: "numeric" };

  assert.equal(dayFormat("en", options)("2026-11-27"), "27 Nov 2026");
});

test("today is the shop's, not the device's", () => {
  assert.equal(dateIn("Asia/Jakarta", new Date(LATE)), "2026-11-28");
  assert.equal(dateIn("UTC", new Date(LATE)), "2026-11-27");
});

test("kilometers have one decimal", () => {
  assert.equal(formatKilometers(140, "id"), "0,1");
  assert.equal(formatKilometers(12_345, "en"), "12.3");
});
