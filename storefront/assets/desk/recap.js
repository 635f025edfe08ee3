// The owner's recap, by what they choose: the same figures as the CSV.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask } from "./me.js";
import { placeOf } from "./names.js";
import { button, doing, field, inputIn, quiet, select, show } from "./parts.js";
import { dayText, today, words } from "./words.js";

const BY = ["channel", "location", "salesman", "day"];
const FIGURES = ["orders", "units", "sales", "tax", "margin", "cash", "noncash"];

export function recap(place) {
  const monthBegins = `${today().slice(0, 8)}01`;
  const from = field(words.recap.from, { type: "date", name: "from", value: monthBegins });
  const to = field(words.recap.to, { type: "date", name: "to", value: today() });
  const by = select(
    words.recap.by,
    "by",
    BY.map((each) => [each, words.recap[each]]),
  );
  const list = h("div", { class: "list wide" });
  const query = () => ({
    from: inputIn(from).value,
    to: inputIn(to).value,
    by: inputIn(by).value,
  });
  const load = () => show(list, () => loadTable(query()));
  const controls = h("div", { class: "controls" }, from, to, by);
  controls.addEventListener("change", load);
  const save = (event) => doing(event.target, () => download(query()));
  fill(place, controls, list, button(words.recap.csv, save, "outline"));
  load();
}

const pathOf = (query) => `/reports/recap?${new URLSearchParams(query)}`;

async function loadTable(query) {
  const { items, totals } = await ask("GET", pathOf(query));
  return items.length ? table(items, totals || [], query) : quiet(words.nothing);
}

function table(items, totals, query) {
  const heads = FIGURES.map((name) => h("th", { class: "number" }, words.recap[name]));
  const rows = items.map((each) =>
    row(each, linked(ordersOf(each, query), nameIn(each, query.by))),
  );
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", {}, words.recap[query.by]), heads)),
    h("tbody", {}, rows),
    h(
      "tfoot",
      {},
      totals.map((each) => row(each, words.recap.total)),
    ),
  );
}

function row(each, name) {
  const figures = FIGURES.map((figure) => h("td", { class: "number" }, figureText(each[figure])));
  return h("tr", {}, h("th", { scope: "row" }, name), figures);
}

const linked = (href, name) => (href ? h("a", { href }, name) : name);

/** The orders screen shows one day: figures of a day, or of a channel on one day, lead there. */
function ordersOf({ day, channel }, { by, from, to }) {
  if (by === "day") return `#/day/${day}`;
  return by === "channel" && from === to ? `#/day/${from}/${channel}` : "";
}

const figureText = (figure) =>
  figure && typeof figure === "object" ? formatMoney(figure) : String(figure ?? "–");

const NAMES = {
  channel: (id) => words.channels[id] || id,
  location: placeOf,
  day: dayText,
  salesman: (id) => id,
};

const nameIn = (each, by) => NAMES[by](each[by]) || "–";

/** The token travels in a header, so a plain link cannot download the file. */
async function download(query) {
  const csv = await ask("GET", pathOf({ ...query, format: "csv" }), { text: true });
  const href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
  h("a", { href, download: "rekap.csv" }).click();
}
