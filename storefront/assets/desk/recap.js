// The sales recap of a period, by channel, location, salesman or day, and its download as CSV.
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { button, mutedText } from "./elements.js";
import { runBusy, showLive } from "./feedback.js";
import { field, inputOf, select } from "./form-fields.js";
import { locationName } from "./reference-data.js";
import { callAsStaff } from "./session.js";
import { channelName, dayText, today, words } from "./words.js";

const REFRESH_SECONDS = 30;
const GROUPINGS = ["channel", "location", "salesman", "day"];
// Keyboards scroll only what has the focus.
const SCROLLABLE = { tabindex: 0, role: "region", "aria-label": words.tabs.recap };
const FIGURES = ["orders", "units", "sales", "tax", "margin", "cash", "noncash"];

export function recapScreen(container) {
  const firstOfMonth = `${today().slice(0, 8)}01`;
  const from = field(words.recap.from, { type: "date", name: "from", value: firstOfMonth });
  const to = field(words.recap.to, { type: "date", name: "to", value: today() });
  const groupings = GROUPINGS.map((grouping) => [grouping, words.recap[grouping]]);
  const by = select(words.recap.by, "by", groupings);
  const list = h("div", { class: "list wide", ...SCROLLABLE });
  const readQuery = () => ({
    from: inputOf(from).value,
    to: inputOf(to).value,
    by: inputOf(by).value,
  });
  const load = () => loadReport(readQuery());
  const controls = h("div", { class: "controls" }, from, to, by);
  const save = (event) => runBusy(event.target, () => download(readQuery()));
  setChildren(container, controls, list, button(words.recap.csv, save, "outline"));
  const recap = showLive(list, REFRESH_SECONDS, load, reportTable);
  controls.addEventListener("change", recap.restart);
  return recap.stop;
}

const recapPath = (query) => `/reports/recap?${new URLSearchParams(query)}`;

const loadReport = async (query) => ({
  query,
  ...(await callAsStaff("GET", recapPath(query))),
});

const reportTable = ({ items, totals, query }) =>
  items.length ? table(items, totals || [], query) : mutedText(words.nothing);

function table(items, totals, query) {
  const figureNames = FIGURES.map((name) => h("th", { class: "number" }, words.recap[name]));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", {}, words.recap[query.by]), figureNames)),
    h(
      "tbody",
      {},
      items.map((item) => row(item, rowName(item, query))),
    ),
    h(
      "tfoot",
      {},
      totals.map((total) => row(total, words.recap.total)),
    ),
  );
}

function row(item, name) {
  const figures = FIGURES.map((figure) => h("td", { class: "number" }, figureText(item[figure])));
  return h("tr", {}, h("th", { scope: "row" }, name), figures);
}

const figureText = (figure) =>
  figure && typeof figure === "object" ? formatMoney(figure) : String(figure ?? "–");

// How the value of a grouping is shown as the name of its row.
const NAME_FORMATS = {
  channel: channelName,
  location: locationName,
  day: dayText,
  salesman: (id) => id,
};

function rowName(item, query) {
  const name = NAME_FORMATS[query.by](item[query.by]) || "–";
  const href = ordersHref(item, query);
  return href ? h("a", { href }, name) : name;
}

/** A link to the orders of a row, or "": the orders screen shows only one day. */
function ordersHref({ day, channel }, { by, from, to }) {
  if (by === "day") return `#/day/${day}`;
  return by === "channel" && from === to ? `#/day/${from}/${channel}` : "";
}

/** Downloads through a request, because a link cannot send the token in a header. */
async function download(query) {
  const path = recapPath({ ...query, format: "csv" });
  const csv = await callAsStaff("GET", path, { text: true });
  const href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  h("a", { href, download: "rekap.csv" }).click();
}
