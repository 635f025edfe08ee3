// The open fulfillments of a location, oldest first, refreshed while the page is visible.
import { h, setChildren } from "../common/dom.js";
import { showCashInHand } from "./cash-in-hand.js";
import { mutedText } from "./elements.js";
import { showLive } from "./feedback.js";
import { inputOf, select } from "./form-fields.js";
import { allLocations } from "./reference-data.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";
import { workCard } from "./work-card.js";

const REFRESH_SECONDS = 5;

export function workScreen(container) {
  const hasFixedLocation = staff.location || staff.role === "salesman";
  const chooser = hasFixedLocation ? null : locationChooser();
  const list = h("div", { class: "list" }, mutedText(words.loading));
  const cash = h("div", {});
  setChildren(container, chooser, cash, list);
  const load = () => loadFulfillments(chooser ? inputOf(chooser).value : "");
  const work = showLive(list, REFRESH_SECONDS, load, (fulfillments) =>
    fulfillments.length
      ? fulfillments.map((fulfillment) => workCard(fulfillment, refresh))
      : mutedText(words.empty.work),
  );
  const refresh = () => {
    showCashInHand(cash);
    work.reload();
  };
  showCashInHand(cash);
  chooser?.addEventListener("change", work.restart);
  return work.stop;
}

function locationChooser() {
  const choices = allLocations()
    .filter(({ active }) => active)
    .map(({ id, name }) => [id, name]);
  return select(words.stock.place, "place", choices);
}

/** Work that can be started, then work that waits for goods, which is left out if it fails. */
async function loadFulfillments(location) {
  const query = location ? { location } : {};
  const [open, awaiting] = await Promise.all([
    listFulfillments(query),
    seesAwaiting() ? listFulfillments({ ...query, of: "awaiting" }).catch(() => []) : [],
  ]);
  return [...open, ...awaiting];
}

const seesAwaiting = () => !["salesman", "courier"].includes(staff.role);

async function listFulfillments(query) {
  const parameters = new URLSearchParams(query).toString();
  const { items } = await callAsStaff("GET", `/fulfillments${parameters && `?${parameters}`}`);
  return items;
}
