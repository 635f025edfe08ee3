// A salesman shares where their van is by pressing a button; nothing is recorded on this device.
import { fill, h } from "../common/dom.js";
import { read, write } from "../common/storage.js";
import { interpolate } from "../common/text.js";
import { ask, me } from "./me.js";
import { button, doing, tell } from "./parts.js";
import { timeText, words } from "./words.js";

const SHARED = "desk.shared";
const FRESH_MILLISECONDS = 30 * 60 * 1000; // offers go to positions of the last half hour
const FAILURES = { 1: "denied", 2: "unknown", 3: "unknown" }; // by GeolocationPositionError.code
const GPS = { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 };

export function position() {
  const place = h("section", { class: "where" });
  draw(place);
  return place;
}

function draw(place) {
  const at = read(SHARED, 0);
  const isFresh = Date.now() - at < FRESH_MILLISECONDS;
  const { shared, none, again, share: first } = words.position;
  const press = (event) => doing(event.target, () => share(place));
  fill(
    place,
    h("p", {}, isFresh ? interpolate(shared, { time: timeText(at) }) : none),
    button(isFresh ? again : first, press, isFresh ? "outline" : ""),
  );
}

async function share(place) {
  let found;
  try {
    found = await currentPosition();
  } catch (error) {
    return tell(words.position[FAILURES[error.code] || "unknown"], "bad");
  }
  // Without the time of the phone, whose clock may be wrong.
  const body = { lat: found.coords.latitude, lon: found.coords.longitude };
  await ask("PUT", `/locations/${encodeURIComponent(me.location)}/position`, { body });
  write(SHARED, Date.now());
  draw(place);
}

const currentPosition = () =>
  new Promise((resolve, reject) => {
    if (navigator.geolocation) navigator.geolocation.getCurrentPosition(resolve, reject, GPS);
    else reject({ code: 2 });
  });
