// Stock levels of a location, opened at the staff member's own, with goods on their way to it.
import { h, setChildren } from "../common/dom.js";
import { containsWords, interpolate } from "../common/text.js";
import { mutedText } from "./elements.js";
import { problemText } from "./feedback.js";
import { field, inputOf, select } from "./form-fields.js";
import { inboundForm } from "./inbound-form.js";
import { redraw } from "./redraw.js";
import { allLocations, productName } from "./reference-data.js";
import { callAsStaff, staff } from "./session.js";
import { incomingTransfers } from "./transfers.js";
import { dayText, words } from "./words.js";

const MAX_LEVELS = 3000;
const COLUMNS = ["available", "on_hand", "promised"];

export function stockScreen(container) {
  const home = staff.location || "";
  const chooser = select(words.stock.place, "place", locationChoices(home), home);
  const search = field(words.stock.search, { type: "search", autocomplete: "off" });
  const announcement = h("div", {});
  const transfers = h("div", { class: "list" });
  const list = h("div", { class: "list" });
  const state = { levels: [] };
  const draw = () => redraw(list, levelTable(state.levels, inputOf(search).value));
  const chosenLocation = () => inputOf(chooser).value;
  const load = async () => {
    setChildren(list, mutedText(words.loading));
    const location = chosenLocation();
    try {
      state.levels = await loadLevels(location);
      draw();
      redraw(transfers, location === home ? await incomingTransfers(home, load) : "");
    } catch (problem) {
      setChildren(list, mutedText(problemText(problem)));
    }
  };
  const open = () => {
    const location = chosenLocation();
    redraw(announcement, canAnnounce(location) ? inboundForm(location, open) : "");
    load();
  };
  const controls = h("div", { class: "pair" }, chooser, search);
  setChildren(container, controls, announcement, transfers, list);
  chooser.addEventListener("change", open);
  search.addEventListener("input", draw);
  open();
}

/** All active locations, but vans only for their salesman and for the owner. */
const locationChoices = (home) =>
  allLocations()
    .filter(({ active }) => active)
    .filter(({ id, kind }) => kind !== "van" || id === home || staff.role === "owner")
    .map((location) => [location.id, location.id === home ? homeName(location) : location.name]);

const homeName = ({ kind, name }) =>
  kind === "van" ? words.stock.van : `${name} (${words.stock.mine})`;

/** The owner announces goods for any location but vans, warehouse staff only for their own. */
function canAnnounce(location) {
  const isFixed = allLocations().some(({ id, kind }) => id === location && kind !== "van");
  const isOwn = staff.role === "warehouse" && location === staff.location;
  return isFixed && (staff.role === "owner" || isOwn);
}

async function loadLevels(location) {
  const levels = [];
  let cursor = "";
  do {
    const query = cursor && `?cursor=${encodeURIComponent(cursor)}`;
    const path = `/stock/locations/${encodeURIComponent(location)}${query}`;
    const { items, next } = await callAsStaff("GET", path);
    levels.push(...items);
    cursor = next;
  } while (cursor && levels.length <= MAX_LEVELS);
  return levels;
}

function levelTable(levels, search) {
  const matches = levels.filter(({ sku }) => containsWords(`${productName(sku)} ${sku}`, search));
  if (!matches.length) return mutedText(words.nothing);
  const columns = COLUMNS.map((name) => h("th", { class: "number" }, words.stock[name]));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", {}, words.sell.product), columns)),
    h("tbody", {}, matches.map(levelRow)),
  );
}

const levelRow = ({ sku, available, on_hand, allocated, reserved, expected = [] }) =>
  h(
    "tr",
    {},
    h("td", {}, productName(sku), h("small", {}, sku), expected.map(arrivalText)),
    h("td", { class: "number" }, h("b", {}, String(available))),
    h("td", { class: "number" }, String(on_hand)),
    h("td", { class: "number" }, String(allocated + reserved)),
  );

function arrivalText({ on, quantity, promised }) {
  const text = interpolate(words.stock.coming, { day: dayText(on), quantity, promised });
  return h("small", { class: "coming" }, text);
}
