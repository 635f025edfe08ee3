// What stands where: one's own place or van first, then any warehouse or store.
import { newKey } from "../common/api.js";
import { fill, h } from "../common/dom.js";
import { containsWords, interpolate } from "../common/text.js";
import { expecting } from "./expect.js";
import { ask, me } from "./me.js";
import { allPlaces, nameOf, placeOf } from "./names.js";
import { button, doing, explain, field, goods, inputIn, quiet, select, tell } from "./parts.js";
import { dayText, words } from "./words.js";

const MOST_LEVELS = 3000;
const NUMBERS = ["available", "on_hand", "promised"];

export function stock(place) {
  const here = me.location || "";
  const chooser = select(words.stock.place, "place", choices(here), here);
  const search = field(words.stock.search, { type: "search", autocomplete: "off" });
  const announcing = h("div", {});
  const incoming = h("div", { class: "list" });
  const list = h("div", { class: "list" });
  const state = { levels: [] };
  const draw = () => fill(list, table(state.levels, inputIn(search).value));
  const load = async () => {
    fill(list, quiet(words.loading));
    const where = inputIn(chooser).value;
    try {
      state.levels = await loadLevels(where);
      draw();
      fill(incoming, where === here ? await transfersTo(here, load) : "");
    } catch (problem) {
      fill(list, quiet(explain(problem)));
    }
  };
  const open = () => {
    const where = inputIn(chooser).value;
    fill(announcing, canAnnounce(where) ? expecting(where, open) : "");
    load();
  };
  fill(place, h("div", { class: "pair" }, chooser, search), announcing, incoming, list);
  chooser.addEventListener("change", open);
  search.addEventListener("input", draw);
  open();
}

/** All places, but vans only for who drives them and for the owner. */
const choices = (here) =>
  allPlaces()
    .filter(
      ({ id, kind, active }) => active && (kind !== "van" || id === here || me.role === "owner"),
    )
    .map((each) => [each.id, each.id === here ? ownName(each) : each.name]);

const ownName = ({ kind, name }) =>
  kind === "van" ? words.stock.van : `${name} (${words.stock.mine})`;

/** Expected goods are announced by the owner anywhere, by warehouse staff at their own place. */
function canAnnounce(where) {
  const isHouse = allPlaces().some(({ id, kind }) => id === where && kind !== "van");
  return isHouse && (me.role === "owner" || (me.role === "warehouse" && where === me.location));
}

async function loadLevels(where) {
  const levels = [];
  let cursor = "";
  do {
    const page = cursor && `?cursor=${encodeURIComponent(cursor)}`;
    const path = `/stock/locations/${encodeURIComponent(where)}${page}`;
    const { items, next } = await ask("GET", path);
    levels.push(...items);
    cursor = next;
  } while (cursor && levels.length <= MOST_LEVELS);
  return levels;
}

function table(levels, search) {
  const found = levels.filter(({ sku }) => containsWords(`${nameOf(sku)} ${sku}`, search));
  if (!found.length) return quiet(words.nothing);
  const numbers = NUMBERS.map((name) => h("th", { class: "number" }, words.stock[name]));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", {}, words.sell.product), numbers)),
    h("tbody", {}, found.map(row)),
  );
}

const row = ({ sku, available, on_hand, allocated, reserved, expected = [] }) =>
  h(
    "tr",
    {},
    h("td", {}, nameOf(sku), h("small", {}, sku), expected.map(arrival)),
    h("td", { class: "number" }, h("b", {}, String(available))),
    h("td", { class: "number" }, String(on_hand)),
    h("td", { class: "number" }, String(allocated + reserved)),
  );

const arrival = (each) =>
  h(
    "small",
    { class: "coming" },
    interpolate(words.stock.coming, { ...each, day: dayText(each.on) }),
  );

async function transfersTo(here, load) {
  const { items } = await ask("GET", `/stock/transfers?location=${encodeURIComponent(here)}`);
  return items
    .filter(({ destination }) => destination === here)
    .map((each) => transfer(each, load));
}

function transfer({ id, source, lines }, load) {
  const key = newKey();
  const receive = async () => {
    await ask("POST", `/stock/transfers/${id}/receive`, { body: {}, key });
    tell(words.done);
    load();
  };
  const left = lines.map(({ sku, sent, received }) => ({ sku, quantity: sent - received }));
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, words.stock.incoming)),
    h("p", {}, interpolate(words.stock.from, { place: placeOf(source) })),
    goods(left),
    h(
      "footer",
      {},
      button(words.actions.receive, (event) => doing(event.target, receive)),
    ),
  );
}
