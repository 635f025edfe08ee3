// A salesman shares the van's position by pressing a button. Only the time of the last sharing is
// stored on this device.
import { h } from "../common/dom.js";
import { readItem, writeItem } from "../common/storage.js";
import { interpolate } from "../common/text.js";
import { button } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { redraw } from "./redraw.js";
import { callAsStaff, staff } from "./session.js";
import { timeText, words } from "./words.js";

const SHARED_AT = "desk.shared";
const FRESH_MILLISECONDS = 30 * 60 * 1000; // routing uses positions of the last half hour
const FAILURES = { 1: "denied", 2: "unknown", 3: "unknown" }; // by GeolocationPositionError.code
const GPS_OPTIONS = { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 };

export function position() {
  const section = h("section", { class: "where" });
  draw(section);
  return section;
}

function draw(section) {
  const sharedAt = readItem(SHARED_AT, 0);
  const isFresh = Date.now() - sharedAt < FRESH_MILLISECONDS;
  const texts = words.position;
  const onclick = (event) => runBusy(event.target, () => share(section));
  redraw(
    section,
    h("p", {}, isFresh ? interpolate(texts.shared, { time: timeText(sharedAt) }) : texts.none),
    button(isFresh ? texts.again : texts.share, onclick, isFresh ? "outline" : ""),
  );
}

async function share(section) {
  let coords;
  try {
    ({ coords } = await currentPosition());
  } catch (error) {
    return showToast(words.position[FAILURES[error.code] || "unknown"], "bad");
  }
  // The device's timestamp is not sent, because its clock may be wrong.
  const body = { lat: coords.latitude, lon: coords.longitude };
  const path = `/locations/${encodeURIComponent(staff.location)}/position`;
  await callAsStaff("PUT", path, { body });
  writeItem(SHARED_AT, Date.now());
  draw(section);
}

const currentPosition = () =>
  new Promise((resolve, reject) => {
    const { geolocation } = navigator;
    if (geolocation) geolocation.getCurrentPosition(resolve, reject, GPS_OPTIONS);
    else reject({ code: 2 });
  });
