// Finance's day: what came in, what was promised, and whether ledger and payments tell the same.
import { fill, h, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask } from "./me.js";
import { explain, field, quiet } from "./parts.js";
import { today, words } from "./words.js";

const SUMS = ["cash", "non_cash", "all"];
const KINDS = { captured: 0, collected: 1, credit: 2, promised: 3, owed_back: 4, handed_over: 5 };

export function ledger(place) {
  const day = field(words.recap.day, { type: "date", name: "day", value: today(), max: today(), required: true });
  const list = h("div", { class: "list" });
  const load = async () => {
    const asked = day.querySelector("input").value;
    if (!asked) return;
    try {
      fill(list, drawn(await ask("GET", `/reports/ledger?day=${asked}`)));
    } catch (problem) {
      fill(list, quiet(explain(problem)));
    }
  };
  day.addEventListener("change", load);
  fill(place, day, list);
  load();
}

function drawn({ items, totals, matched, unmatched }) {
  if (!items.length && matched) return quiet(words.ledger.empty);
  const currency = Object.keys(totals)[0] || items[0]?.amount.currency || "IDR";
  return [
    Object.entries(totals).map(([each, sums]) => h("dl", { class: "figures" }, SUMS.map((name) => h("div", {}, h("dt", {}, words.ledger[name]), h("dd", {}, formatMoney({ amount: sums[name], currency: each })))))),
    matched ? h("p", { class: "verdict good" }, words.ledger.matched) : differences(unmatched, currency),
    kinds(items).map(([kind, some]) => table(kind, some)),
  ];
}

function differences(unmatched, currency) {
  const row = (each) => h("li", {}, each.order_id ? h("a", { href: `#/orders/${each.order_id}` }, words.order) : h("span", {}, each.payment_id || "–"), h("span", {}, say(words.ledger.differs, { payment: formatMoney({ amount: each.payment_minor, currency }), ledger: formatMoney({ amount: each.ledger_minor, currency }) })));
  return h("section", { class: "verdict bad", role: "alert" }, h("b", {}, say(words.ledger.unmatched, { count: unmatched.length })), h("ul", { class: "debts" }, unmatched.map(row)));
}

/** Money that came in first, then what is promised; a kind without words of its own comes last, under its own name. */
function kinds(items) {
  const known = Object.keys(KINDS).length;
  const found = [...new Set(items.map((each) => each.kind))].sort((a, b) => (KINDS[a] ?? known) - (KINDS[b] ?? known));
  return found.map((kind) => [kind, items.filter((each) => each.kind === kind)]);
}

function table(kind, items) {
  const row = (each) => h("tr", {}, h("td", {}, words.methods[each.method] || each.method || "–"), h("td", {}, words.channels[each.channel] || each.channel || "–"), h("td", { class: "number" }, String(each.count)), h("td", { class: "number" }, formatMoney(each.amount)));
  return h("table", {}, h("caption", {}, words.ledger.kinds[kind] || kind), h("thead", {}, h("tr", {}, [words.ledger.method, words.recap.channel].map((name) => h("th", { scope: "col" }, name)), [words.ledger.count, words.ledger.amount].map((name) => h("th", { scope: "col", class: "number" }, name)))), h("tbody", {}, items.map(row)));
}
