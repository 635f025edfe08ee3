// Updates the available units on a page while it is visible. A number that cannot be refreshed is
// replaced by "unknown", because a stale number would be wrong.
import { callApi } from "../common/api.js";
import { h, pollWhileVisible, query, queryAll, setChildren } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { orderableUnits, stockState } from "./availability.js";
import { MAX_QUANTITY } from "./cart-lines.js";
import { dayText, timeText, words } from "./words.js";

const PRODUCT_SECONDS = 10; // between refreshes of a product page
const LIST_SECONDS = 30; // between refreshes of a page with many products
const SKUS_PER_REQUEST = 20;

export function watchStock() {
  const skus = [...new Set(queryAll("[data-units]").map((element) => element.dataset.units))];
  if (!skus.length) return;
  const seconds = query("[data-live]") ? PRODUCT_SECONDS : LIST_SECONDS;
  const refresh = pollWhileVisible(seconds, () => loadAll(skus));
  for (const button of queryAll("[data-refresh]")) {
    button.hidden = false;
    button.addEventListener("click", refresh);
  }
}

async function loadAll(skus) {
  for (let start = 0; start < skus.length; start += SKUS_PER_REQUEST) {
    const batch = skus.slice(start, start + SKUS_PER_REQUEST);
    try {
      const sku = batch.map(encodeURIComponent).join(",");
      const { items } = await callApi("GET", `/stock?sku=${sku}`);
      items.forEach(showStock);
    } catch {
      batch.forEach(showUnknown);
    }
  }
}

const elementsOf = (sku) =>
  queryAll("[data-units]").filter((element) => element.dataset.units === sku);

function showStock({ sku, available, locations, expected = [] }) {
  const orderable = orderableUnits(available, expected);
  const state = stockState(available, expected);
  for (const element of elementsOf(sku)) {
    element.dataset.state = state;
    element.textContent = unitsText(state, available, expected);
    element.dataset.counted = "";
    if ("live" in element.dataset) showDetails(orderable, locations, expected);
  }
  for (const button of queryAll(".card [data-add]"))
    if (button.dataset.add === sku) button.disabled = orderable < 1;
}

function unitsText(state, available, [next]) {
  if (state === "in_stock") return interpolate(words.left, { count: available });
  if (state === "few") return interpolate(words.left_few, { count: available });
  return next ? interpolate(words.none_until, { day: dayText(next.on) }) : words.none_left;
}

/** Updates the parts that only a product page has: time, quantity limit and locations. */
function showDetails(orderable, levels, expected) {
  query("[data-as-of]").textContent = interpolate(words.as_of, { time: timeText(new Date()) });
  const form = query("[data-buy]");
  form.elements.quantity.max = Math.max(1, Math.min(MAX_QUANTITY, orderable));
  query("[data-add]", form).disabled = orderable < 1;
  const published = JSON.parse(query("#places").textContent); // locations by id
  const stocked = levels.filter((level) => level.available > 0 && published[level.location]);
  const items = [
    ...stocked.map((level) => levelItem(published[level.location], level.available)),
    ...expected.map(arrivalItem),
  ];
  setChildren(query("[data-places]"), items.length ? items : h("li", {}, words.none_left));
}

function levelItem({ name, kind }, available) {
  const label = words.kinds[kind];
  return h(
    "li",
    {},
    name.startsWith(label) ? "" : [h("b", {}, label), " "],
    name,
    h("span", {}, interpolate(words.units, { count: available })),
  );
}

const arrivalItem = ({ on, quantity }) =>
  h(
    "li",
    {},
    interpolate(words.arrives, { day: dayText(on) }),
    h("span", {}, interpolate(words.units, { count: quantity })),
  );

function showUnknown(sku) {
  for (const element of elementsOf(sku)) {
    if ("live" in element.dataset || "counted" in element.dataset) {
      element.dataset.state = "unknown";
      element.textContent = words.stock_unknown;
    }
  }
  for (const time of queryAll("[data-as-of]")) time.textContent = "";
}
