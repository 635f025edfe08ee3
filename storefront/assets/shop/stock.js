// Units left, asked for while somebody looks. A number that could not be renewed is taken back, not left standing.
import { call } from "../common/api.js";
import { all, fill, h, one, say, whileWatched } from "../common/dom.js";
import { timeText, words } from "./words.js";

const EVERY_SECONDS = 10;
const AT_ONCE = 20;
const FEW = 5;

export function showStock() {
  const skus = [...new Set(all("[data-units]").map((place) => place.dataset.units))];
  if (!skus.length) return;
  const live = one("[data-live]");
  const renew = whileWatched(live ? EVERY_SECONDS : 3 * EVERY_SECONDS, () => ask(skus));
  for (const button of all("[data-refresh]")) {
    button.hidden = false;
    button.addEventListener("click", renew);
  }
}

async function ask(skus) {
  for (let from = 0; from < skus.length; from += AT_ONCE) {
    const some = skus.slice(from, from + AT_ONCE);
    try {
      const { items } = await call("GET", "/stock?sku=" + some.map(encodeURIComponent).join(","));
      items.forEach(show);
    } catch {
      some.forEach(forget);
    }
  }
}

function show({ sku, available, locations }) {
  for (const place of all("[data-units]").filter((place) => place.dataset.units === sku)) {
    place.dataset.state = available > FEW ? "in_stock" : available > 0 ? "few" : "out_of_stock";
    place.textContent = unitsText(available);
    place.dataset.counted = "";
    if ("live" in place.dataset) showDetails(sku, available, locations);
  }
  for (const button of all(".card [data-add]").filter((button) => button.dataset.add === sku)) button.disabled = available < 1;
}

const unitsText = (available) =>
  available < 1 ? words.none_left : say(available > FEW ? words.left : words.left_few, { count: available });

function showDetails(sku, available, locations) {
  one("[data-as-of]").textContent = say(words.as_of, { time: timeText(new Date()) });
  const buy = one("[data-buy]");
  buy.elements.quantity.max = Math.max(1, Math.min(999, available));
  one("[data-add]", buy).disabled = available < 1;
  const known = JSON.parse(one("#places").textContent);
  const held = locations.filter((each) => each.available > 0 && known[each.location]);
  if (held.length) fill(one("[data-places]"), held.map((each) => kept(known[each.location], each)));
  else fill(one("[data-places]"), h("li", {}, words.none_left));
}

const kept = (place, { available }) =>
  h("li", {}, place.name.startsWith(words.kinds[place.kind]) ? "" : [h("b", {}, words.kinds[place.kind]), " "], place.name, h("span", {}, say(words.units, { count: available })));

function forget(sku) {
  for (const place of all("[data-units]").filter((place) => place.dataset.units === sku)) {
    if ("live" in place.dataset || "counted" in place.dataset) {
      place.dataset.state = "unknown";
      place.textContent = words.stock_unknown;
    }
  }
  for (const time of all("[data-as-of]")) time.textContent = "";
}
