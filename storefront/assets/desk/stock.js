// What stands where: one's own place or van first, then any warehouse or store.
import { newKey } from "../common/api.js";
import { fill, h, say } from "../common/dom.js";
import { expecting } from "./expect.js";
import { ask, me } from "./me.js";
import { allPlaces, nameOf, placeOf } from "./names.js";
import { button, doing, explain, field, goods, quiet, select, tell } from "./parts.js";
import { dayText, words } from "./words.js";

export function stock(place) {
  const here = me.location || "";
  const choices = allPlaces().filter((each) => each.active && (each.kind !== "van" || each.id === here || me.role === "owner"));
  const chooser = select(words.stock.place, "place", choices.map((each) => [each.id, each.id === here ? (each.kind === "van" ? words.stock.van : `${each.name} (${words.stock.mine})`) : each.name]), here);
  const search = field(words.stock.search, { type: "search", autocomplete: "off" });
  const coming = h("div", {});
  const incoming = h("div", { class: "list" });
  const list = h("div", { class: "list" });
  let levels = [];
  fill(place, h("div", { class: "pair" }, chooser, search), coming, incoming, list);
  const draw = () => fill(list, table(levels.filter((level) => matches(level, search.querySelector("input").value))));
  const load = async () => {
    fill(list, quiet(words.loading));
    try {
      const where = chooser.querySelector("select").value;
      levels = await everything(where);
      draw();
      fill(incoming, where === here ? await arriving(here, load) : "");
    } catch (problem) {
      fill(list, quiet(explain(problem)));
    }
  };
  const form = () => {
    const where = chooser.querySelector("select").value;
    fill(coming, mayAnnounce(where) ? expecting(where, () => (form(), load())) : "");
  };
  chooser.addEventListener("change", () => (form(), load()));
  search.addEventListener("input", draw);
  form();
  load();
}

/** Goods come to a house; the owner may speak for any, and its people for their own. */
function mayAnnounce(where) {
  const house = allPlaces().some((each) => each.id === where && each.kind !== "van");
  return house && (me.role === "owner" || (me.role === "warehouse" && where === me.location));
}

async function everything(where) {
  const found = [];
  for (let cursor = ""; ; ) {
    const { items, next } = await ask("GET", `/stock/locations/${encodeURIComponent(where)}` + (cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""));
    found.push(...items);
    if (!next || found.length > 3000) return found;
    cursor = next;
  }
}

const matches = (level, text) => text.toLowerCase().split(/\s+/).every((word) => `${nameOf(level.sku)} ${level.sku}`.toLowerCase().includes(word));

function table(levels) {
  if (!levels.length) return quiet(words.nothing);
  const rows = levels.map((level) => h("tr", {}, h("td", {}, nameOf(level.sku), h("small", {}, level.sku), (level.expected || []).map((each) => h("small", { class: "coming" }, say(words.stock.coming, { ...each, day: dayText(each.on) })))), h("td", { class: "number" }, h("b", {}, String(level.available))), h("td", { class: "number" }, String(level.on_hand)), h("td", { class: "number" }, String(level.allocated + level.reserved))));
  return h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, words.sell.product), ["available", "on_hand", "promised"].map((name) => h("th", { class: "number" }, words.stock[name])))), h("tbody", {}, rows));
}

async function arriving(here, load) {
  const { items } = await ask("GET", `/stock/transfers?location=${encodeURIComponent(here)}`);
  return items.filter((each) => each.destination === here).map((each) => transfer(each, load));
}

function transfer(each, load) {
  const key = newKey();
  const receive = (event) =>
    doing(event.target, async () => {
      await ask("POST", `/stock/transfers/${each.id}/receive`, { body: {}, key });
      tell(words.done);
      load();
    });
  return h("article", { class: "card open" }, h("header", {}, h("h2", {}, words.stock.incoming)), h("p", {}, say(words.stock.from, { place: placeOf(each.source) })), goods(each.lines.map((line) => ({ sku: line.sku, quantity: line.sent - line.received }))), h("footer", {}, button(words.actions.receive, receive)));
}
