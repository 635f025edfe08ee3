// The ledger of one day: money received and promised, and its differences from the payments.
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import settings from "../settings.js";
import { showCashBags } from "./cash-bags.js";
import { figure, mutedText } from "./elements.js";
import { showLoaded } from "./feedback.js";
import { field, inputOf } from "./form-fields.js";
import { groupByKind } from "./ledger-kinds.js";
import { callAsStaff } from "./session.js";
import { channelName, methodName, today, words } from "./words.js";

const SUMS = ["cash", "non_cash", "all"];

export function ledgerScreen(container) {
  const limits = { value: today(), max: today(), required: true };
  const day = field(words.recap.day, { type: "date", name: "day", ...limits });
  const list = h("div", { class: "list" });
  const load = () => {
    const { value } = inputOf(day);
    if (value) showLoaded(list, () => loadDay(value));
  };
  day.addEventListener("change", load);
  const bags = h("div", {});
  setChildren(container, bags, day, list);
  showCashBags(bags, load);
  load();
}

async function loadDay(day) {
  const report = await callAsStaff("GET", `/reports/ledger?day=${day}`);
  const { items, totals, matched, unmatched } = report;
  if (!items.length && matched) return mutedText(words.ledger.empty);
  return [
    Object.entries(totals).map(([currency, sums]) => totalFigures(currency, sums)),
    matched ? h("p", { class: "verdict good" }, words.ledger.matched) : differences(unmatched),
    groupByKind(items).map(([kind, rows]) => table(kind, rows)),
  ];
}

const totalFigures = (currency, sums) =>
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

function difference({ order_id, payment_id, payment_minor, ledger_minor }) {
  const { currency } = settings;
  const amounts = {
    payment: formatMoney({ amount: payment_minor, currency }),
    ledger: formatMoney({ amount: ledger_minor, currency }),
  };
  const subject = order_id
    ? h("a", { href: `#/orders/${order_id}` }, words.order)
    : h("span", {}, payment_id || "–");
  return h("li", {}, subject, h("span", {}, interpolate(words.ledger.differs, amounts)));
}

function table(kind, rows) {
  const names = [words.ledger.method, words.recap.channel];
  const numbers = [words.ledger.count, words.ledger.amount];
  const header = [
    names.map((name) => h("th", { scope: "col" }, name)),
    numbers.map((name) => h("th", { scope: "col", class: "number" }, name)),
  ];
  return h(
    "table",
    {},
    h("caption", {}, words.ledger.kinds[kind] || kind),
    h("thead", {}, h("tr", {}, header)),
    h("tbody", {}, rows.map(tableRow)),
  );
}

const tableRow = ({ method, channel, count, amount }) =>
  h(
    "tr",
    {},
    h("td", {}, methodName(method) || "–"),
    h("td", {}, channelName(channel) || "–"),
    h("td", { class: "number" }, String(count)),
    h("td", { class: "number" }, formatMoney(amount)),
  );
