import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dateFormats,
  dateIn,
  dayFormat,
  formatKilometers,
} from "../../../storefront/assets/common/locale.js";

const LATE = "2026-11-27T18:30:00.000Z"; // already the 28th in Jakarta

test("an instant is formatted in the shop's time zone and the page's language", () => {
  const options = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };

  assert.equal(dateFormats("en", "Asia/Jakarta")(options)(LATE), "28 November at 01:30");
  assert.match(dateFormats("id", "Asia/Jakarta")(options)(LATE), /^28 November.*01\.30$/);
});

test("a missing date is formatted as an empty text", () => {
  assert.equal(dateFormats("en", "UTC")({ day: "numeric" })(null), "");
});

test("a calendar day does not shift in a time zone west of Greenwich", () => {
  process.env.TZ = "America/New_York";
  const options = { day: "numeric", month: "short", year: "numeric" };

  assert.equal(dayFormat("en", options)("2026-11-27"), "27 Nov 2026");
});

test("dateIn returns the day in the given time zone", () => {
  assert.equal(dateIn("Asia/Jakarta", new Date(LATE)), "2026-11-28");
  assert.equal(dateIn("UTC", new Date(LATE)), "2026-11-27");
});

test("kilometers have one decimal", () => {
  assert.equal(formatKilometers(140, "id"), "0,1");
  assert.equal(formatKilometers(12_345, "en"), "12.3");
});
