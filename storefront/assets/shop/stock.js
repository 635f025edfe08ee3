// Units left, asked for while somebody looks. A number that could not be renewed is taken back, not left standing.
import { call } from "../common/api.js";
import { all, fill, h, one, say, whileWatched } from "../common/dom.js";
import { dayText, timeText, words } from "./words.js";

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

function show({ sku, available, locations, expected = [] }) {
  const promisable = available + coming(expected);
  for (const place of all("[data-units]").filter((place) => place.dataset.units === sku)) {
    place.dataset.state = available > FEW ? "in_stock" : available > 0 ? "few" : promisable > 0 ? "coming" : "out_of_stock";
    place.textContent = unitsText(available, expected);
    place.dataset.counted = "";
    if ("live" in place.dataset) showDetails(promisable, locations, expected);
  }
  for (const button of all(".card [data-add]").filter((button) => button.dataset.add === sku)) button.disabled = promisable < 1;
}

/** What may be ordered ahead; the checkout asks for consent to wait. */
const coming = (expected) => expected.reduce((sum, each) => sum + each.quantity, 0);

const unitsText = (available, [next]) =>
  available < 1 ? (next ? say(words.none_until, { day: dayText(next.on) }) : words.none_left) : say(available > FEW ? words.left : words.left_few, { count: available });

function showDetails(promisable, locations, expected) {
  one("[data-as-of]").textContent = say(words.as_of, { time: timeText(new Date()) });
  const buy = one("[data-buy]");
  buy.elements.quantity.max = Math.max(1, Math.min(999, promisable));
  one("[data-add]", buy).disabled = promisable < 1;
  const known = JSON.parse(one("#places").textContent);
  const held = locations.filter((each) => each.available > 0 && known[each.location]);
  const list = [...held.map((each) => kept(known[each.location], each)), ...expected.map(arriving)];
  fill(one("[data-places]"), list.length ? list : h("li", {}, words.none_left));
}

const kept = (place, { available }) =>
  h("li", {}, place.name.startsWith(words.kinds[place.kind]) ? "" : [h("b", {}, words.kinds[place.kind]), " "], place.name, h("span", {}, say(words.units, { count: available })));

const arriving = ({ on, quantity }) => h("li", {}, say(words.arrives, { day: dayText(on) }), h("span", {}, say(words.units, { count: quantity })));

function forget(sku) {
  for (const place of all("[data-units]").filter((place) => place.dataset.units === sku)) {
    if ("live" in place.dataset || "counted" in place.dataset) {
      place.dataset.state = "unknown";
      place.textContent = words.stock_unknown;
    }
  }
  for (const time of all("[data-as-of]")) time.textContent = "";
}
