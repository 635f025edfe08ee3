// One phone screen for a customer: who they are, what they owe and the credit they have left.
import { newKey } from "../common/api.js";
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { ask, me } from "./me.js";
import {
  addressText,
  doing,
  field,
  figure,
  inputIn,
  linkButton,
  moneyField,
  moneyIn,
  quiet,
  select,
  show,
  submit,
  tell,
} from "./parts.js";
import { dayText, words } from "./words.js";

const COLLECTS = new Set(["salesman", "finance", "cashier", "courier", "agent", "owner"]);
const SELLS = new Set(["salesman", "agent", "owner", "cashier"]);
const PHONE = { type: "tel", inputmode: "tel", autocomplete: "off", required: true };

export function customer(place, id) {
  const phone = field(words.customer.phone, PHONE);
  const found = h("div", { class: "list" });
  const find = async (event) => {
    event.preventDefault();
    const control = event.submitter || event.target.querySelector("button");
    await doing(control, async () => fill(found, await cardsOf(inputIn(phone).value)));
  };
  fill(
    place,
    h("form", { class: "find", onsubmit: find }, phone, submit(words.customer.find)),
    found,
  );
  if (id) show(found, () => card(id));
}

async function cardsOf(phone) {
  const { items } = await ask("GET", `/customers?phone=${encodeURIComponent(phone)}`);
  if (!items.length) return quiet(words.customer.none);
  return Promise.all(items.map(({ id }) => card(id)));
}

async function card(id) {
  const place = h("article", { class: "card open" });
  const load = async () =>
    fill(place, drawn(await ask("GET", `/customers/${encodeURIComponent(id)}`), load));
  await load();
  return place;
}

const drawn = (who, load) => [
  h("header", {}, h("h2", {}, who.name), who.company ? h("span", {}, who.company) : ""),
  h(
    "p",
    { class: "whom" },
    who.phone ? h("a", { href: `tel:${who.phone}` }, who.phone) : "",
    who.address ? h("span", {}, addressText({ ...who.address, postcode: "" })) : "",
  ),
  h("dl", { class: "figures" }, figures(who)),
  h("ul", { class: "debts" }, debts(who.receivables || [])),
  COLLECTS.has(me.role) && who.owed.amount > 0 ? collecting(who, load) : "",
  SELLS.has(me.role) ? h("footer", {}, linkButton(`#/sell/${who.id}`, words.customer.sell)) : "",
];

function figures({ owed, overdue, overdue_days: count, credit_limit: limit, credit_left: left }) {
  const { customer: names } = words;
  return [
    figure(names.owed, formatMoney(owed)),
    overdue.amount > 0
      ? figure(names.overdue, formatMoney(overdue), "bad", interpolate(names.days, { count }))
      : figure(names.overdue, formatMoney(overdue)),
    limit.amount
      ? figure(names.left, formatMoney(left), "good", `/ ${formatMoney(limit)}`)
      : figure(names.left, names.no_credit, "good"),
  ];
}

const debts = (receivables) => receivables.filter(({ left }) => left.amount > 0).map(debt);

const debt = ({ due_on, overdue_days, left }) =>
  h(
    "li",
    { class: overdue_days > 0 ? "bad" : "" },
    h("span", {}, interpolate(words.customer.due_on, { day: dayText(due_on) })),
    h("b", {}, formatMoney(left)),
  );

function collecting(who, load) {
  const key = newKey();
  const collect = (event) => {
    event.preventDefault();
    const { amount, method } = event.target.elements;
    doing(event.submitter, async () => {
      const body = { customer: who.id, amount: moneyIn(amount), method: method.value };
      await ask("POST", "/collections", { body, key });
      tell(words.done);
      await load();
    });
  };
  const methods = ["cash", "transfer"].map((each) => [each, words.methods[each]]);
  return h(
    "form",
    { class: "find", onsubmit: collect },
    moneyField(words.customer.amount, "amount", { min: 1, max: who.owed.amount }),
    select(words.sell.payment, "method", methods),
    submit(words.customer.collect),
  );
}
