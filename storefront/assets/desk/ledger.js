// Finance's day: what came in, what was promised, and whether the ledger agrees with the payments.
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import settings from "../settings.js";
import { groupByKind } from "./ledger-kinds.js";
import { ask } from "./me.js";
import { field, figure, inputIn, quiet, show } from "./parts.js";
import { today, words } from "./words.js";

const SUMS = ["cash", "non_cash", "all"];

export function ledger(place) {
  const limits = { value: today(), max: today(), required: true };
  const day = field(words.recap.day, { type: "date", name: "day", ...limits });
  const list = h("div", { class: "list" });
  const load = () => {
    const { value } = inputIn(day);
    if (value) show(list, async () => drawn(await ask("GET", `/reports/ledger?day=${value}`)));
  };
  day.addEventListener("change", load);
  fill(place, day, list);
  load();
}

function drawn({ items, totals, matched, unmatched }) {
  if (!items.length && matched) return quiet(words.ledger.empty);
  return [
    Object.entries(totals).map(([currency, sums]) => totalsOf(currency, sums)),
    matched ? h("p", { class: "verdict good" }, words.ledger.matched) : differences(unmatched),
    groupByKind(items).map(([kind, rows]) => table(kind, rows)),
  ];
}

const totalsOf = (currency, sums) =>
  h(
    "dl",
    { class: "figures" },
    SUMS.map((name) => figure(words.ledger[name], formatMoney({ amount: sums[name], currency }))),
  );

const differences = (unmatched) =>
  h(
    "section",
    { class: "verdict bad", role: "alert" },
    h("b", {}, interpolate(words.ledger.unmatched, { count: unmatched.length })),
    h("ul", { class: "debts" }, unmatched.map(difference)),
  );

function difference({ order_id: order, payment_id: id, payment_minor, ledger_minor }) {
  const { currency } = settings;
  const amounts = {
    payment: formatMoney({ amount: payment_minor, currency }),
    ledger: formatMoney({ amount: ledger_minor, currency }),
  };
  return h(
    "li",
    {},
    order ? h("a", { href: `#/orders/${order}` }, words.order) : h("span", {}, id || "–"),
    h("span", {}, interpolate(words.ledger.differs, amounts)),
  );
}

function table(kind, rows) {
  const names = [words.ledger.method, words.recap.channel];
  const numbers = [words.ledger.count, words.ledger.amount];
  const head = [
    names.map((name) => h("th", { scope: "col" }, name)),
    numbers.map((name) => h("th", { scope: "col", class: "number" }, name)),
  ];
  return h(
    "table",
    {},
    h("caption", {}, words.ledger.kinds[kind] || kind),
    h("thead", {}, h("tr", {}, head)),
    h("tbody", {}, rows.map(rowOf)),
  );
}

const rowOf = ({ method, channel, count, amount }) =>
  h(
    "tr",
    {},
    h("td", {}, words.methods[method] || method || "–"),
    h("td", {}, words.channels[channel] || channel || "–"),
    h("td", { class: "number" }, String(count)),
    h("td", { class: "number" }, formatMoney(amount)),
  );
