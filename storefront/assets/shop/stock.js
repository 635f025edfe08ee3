// Units left, asked for while the page is visible. A number that cannot be renewed is removed.
import { call } from "../common/api.js";
import { all, fill, h, one, whileWatched } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { promisableUnits, stockState } from "./availability.js";
import { MOST_UNITS } from "./cart-lines.js";
import { dayText, timeText, words } from "./words.js";

const PRODUCT_SECONDS = 10;
const LIST_SECONDS = 30;
const SKUS_PER_REQUEST = 20;

export function showStock() {
  const skus = [...new Set(all("[data-units]").map((place) => place.dataset.units))];
  if (!skus.length) return;
  const seconds = one("[data-live]") ? PRODUCT_SECONDS : LIST_SECONDS;
  const renew = whileWatched(seconds, () => loadAll(skus));
  for (const button of all("[data-refresh]")) {
    button.hidden = false;
    button.addEventListener("click", renew);
  }
}

async function loadAll(skus) {
  for (let start = 0; start < skus.length; start += SKUS_PER_REQUEST) {
    const part = skus.slice(start, start + SKUS_PER_REQUEST);
    try {
      const { items } = await call("GET", `/stock?sku=${part.map(encodeURIComponent).join(",")}`);
      items.forEach(show);
    } catch {
      part.forEach(forget);
    }
  }
}

const placesOf = (sku) => all("[data-units]").filter((place) => place.dataset.units === sku);

function show({ sku, available, locations, expected = [] }) {
  const promisable = promisableUnits(available, expected);
  const state = stockState(available, expected);
  for (const place of placesOf(sku)) {
    place.dataset.state = state;
    place.textContent = unitsText(state, available, expected);
    place.dataset.counted = "";
    if ("live" in place.dataset) showDetails(promisable, locations, expected);
  }
  for (const button of all(".card [data-add]"))
    if (button.dataset.add === sku) button.disabled = promisable < 1;
}

function unitsText(state, available, [next]) {
  if (state === "in_stock") return interpolate(words.left, { count: available });
  if (state === "few") return interpolate(words.left_few, { count: available });
  return next ? interpolate(words.none_until, { day: dayText(next.on) }) : words.none_left;
}

function showDetails(promisable, locations, expected) {
  one("[data-as-of]").textContent = interpolate(words.as_of, { time: timeText(new Date()) });
  const buy = one("[data-buy]");
  buy.elements.quantity.max = Math.max(1, Math.min(MOST_UNITS, promisable));
  one("[data-add]", buy).disabled = promisable < 1;
  const known = JSON.parse(one("#places").textContent);
  const stocked = locations.filter((level) => level.available > 0 && known[level.location]);
  const list = [
    ...stocked.map((level) => stockedPlace(known[level.location], level)),
    ...expected.map(arrival),
  ];
  fill(one("[data-places]"), list.length ? list : h("li", {}, words.none_left));
}

function stockedPlace({ name, kind }, { available }) {
  const label = words.kinds[kind];
  return h(
    "li",
    {},
    name.startsWith(label) ? "" : [h("b", {}, label), " "],
    name,
    h("span", {}, interpolate(words.units, { count: available })),
  );
}

const arrival = ({ on, quantity }) =>
  h(
    "li",
    {},
    interpolate(words.arrives, { day: dayText(on) }),
    h("span", {}, interpolate(words.units, { count: quantity })),
  );

function forget(sku) {
  for (const place of placesOf(sku)) {
    if ("live" in place.dataset || "counted" in place.dataset) {
      place.dataset.state = "unknown";
      place.textContent = words.stock_unknown;
    }
  }
  for (const time of all("[data-as-of]")) time.textContent = "";
}
