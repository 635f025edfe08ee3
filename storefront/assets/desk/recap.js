// The owner's recap: the same figures as the CSV, by whatever he asks for.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask } from "./me.js";
import { placeOf } from "./names.js";
import { button, doing, explain, field, quiet, select } from "./parts.js";
import { dayText, today, words } from "./words.js";

const BY = ["channel", "location", "salesman", "day"];
const FIGURES = ["orders", "units", "sales", "tax", "margin", "cash", "noncash"];

export function recap(place) {
  const from = field(words.recap.from, { type: "date", name: "from", value: today().slice(0, 8) + "01" });
  const to = field(words.recap.to, { type: "date", name: "to", value: today() });
  const by = select(words.recap.by, "by", BY.map((each) => [each, words.recap[each]]));
  const list = h("div", { class: "list wide" });
  const asked = () => new URLSearchParams({ from: from.querySelector("input").value, to: to.querySelector("input").value, by: by.querySelector("select").value });
  const load = async () => {
    try {
      const answer = await ask("GET", `/reports/recap?${asked()}`);
      fill(list, answer.items.length ? table(answer, by.querySelector("select").value, asked()) : quiet(words.nothing));
    } catch (problem) {
      fill(list, quiet(explain(problem)));
    }
  };
  const controls = h("div", { class: "controls" }, from, to, by);
  controls.addEventListener("change", load);
  fill(place, controls, list, button(words.recap.csv, (event) => doing(event.target, () => download(asked())), "outline"));
  load();
}

/** One day's orders, or those of a channel when the recap is of one day: the orders screen shows a day at a time. */
function ordersOf(each, by, asked) {
  if (by === "day") return `#/day/${each.day}`;
  return by === "channel" && asked.get("from") === asked.get("to") ? `#/day/${asked.get("from")}/${each.channel}` : "";
}

function table({ items, totals }, by, asked) {
  const row = (each, name, link) => h("tr", {}, h("th", { scope: "row" }, link ? h("a", { href: link }, name) : name), FIGURES.map((figure) => h("td", { class: "number" }, written(each[figure]))));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", {}, words.recap[by]), FIGURES.map((figure) => h("th", { class: "number" }, words.recap[figure])))),
    h("tbody", {}, items.map((each) => row(each, named(by, each[by]), ordersOf(each, by, asked)))),
    h("tfoot", {}, (totals || []).map((each) => row(each, words.recap.total))),
  );
}

const written = (figure) => (figure && typeof figure === "object" ? formatMoney(figure) : String(figure ?? "–"));
const named = (by, value) => (by === "channel" ? words.channels[value] || value : by === "location" ? placeOf(value) : by === "day" ? dayText(value) : value) || "–";

/** Made from the same rows by the API; the token travels in a header, so a plain link would not do. */
async function download(asked) {
  asked.set("format", "csv");
  const answer = await fetchText(`/reports/recap?${asked}`);
  const link = h("a", { href: URL.createObjectURL(new Blob([answer], { type: "text/csv" })), download: "rekap.csv" });
  link.click();
}

const fetchText = (path) => ask("GET", path, { text: true });
