// A salesman says where his van is, when he presses the button and not before; no trail is kept on this device.
import { fill, h, say } from "../common/dom.js";
import { read, write } from "../shop/keep.js";
import { ask, me } from "./me.js";
import { button, doing, tell } from "./parts.js";
import { timeText, words } from "./words.js";

const FRESH = 30 * 60 * 1000; // offers go to positions of the last half hour
const REFUSED = { 1: "denied", 2: "unknown", 3: "unknown" }; // by the browser's own numbers

export function position() {
  const place = h("section", { class: "where" });
  draw(place);
  return place;
}

function draw(place) {
  const at = read("desk.shared", 0);
  const fresh = Date.now() - at < FRESH;
  const text = fresh ? say(words.position.shared, { time: timeText(new Date(at).toISOString()) }) : words.position.none;
  fill(place, h("p", {}, text), button(fresh ? words.position.again : words.position.share, (event) => doing(event.target, () => share(place)), fresh ? "outline" : ""));
}

async function share(place) {
  let found;
  try {
    found = await whereIAm();
  } catch (why) {
    return tell(words.position[REFUSED[why.code] || "unknown"], "bad");
  }
  // Without a time of its own: phones' clocks are off, and this is where he is now.
  await ask("PUT", `/locations/${encodeURIComponent(me.location)}/position`, { body: { lat: found.coords.latitude, lon: found.coords.longitude } });
  write("desk.shared", Date.now());
  draw(place);
}

const whereIAm = () => new Promise((take, refuse) => (navigator.geolocation ? navigator.geolocation.getCurrentPosition(take, refuse, { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 }) : refuse({ code: 2 })));
