// Customers: find one by phone number; see debts and remaining credit; record a payment of debts.
import { newIdempotencyKey } from "../common/api.js";
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { addressText, figure, linkButton, mutedText, submitButton } from "./elements.js";
import { runBusy, showLoaded, showToast } from "./feedback.js";
import { field, inputOf, moneyField, readMoney, select } from "./form-fields.js";
import { redraw } from "./redraw.js";
import { callAsStaff, staff } from "./session.js";
import { dayText, methodName, words } from "./words.js";

const COLLECTING_ROLES = new Set(["salesman", "finance", "cashier", "agent", "owner"]);
const SELLING_ROLES = new Set(["salesman", "agent", "owner", "cashier"]);
const PHONE_ATTRIBUTES = { type: "tel", inputmode: "tel", autocomplete: "off", required: true };

/** With an id, the screen opens with that customer. */
export function customerScreen(container, id) {
  const phone = field(words.customer.phone, PHONE_ATTRIBUTES);
  const results = h("div", { class: "list" });
  const submit = async (event) => {
    event.preventDefault();
    const control = event.submitter || event.target.querySelector("button");
    await runBusy(control, async () =>
      setChildren(results, await findByPhone(inputOf(phone).value)),
    );
  };
  const form = h(
    "form",
    { class: "find", onsubmit: submit },
    phone,
    submitButton(words.customer.find),
  );
  setChildren(container, form, results);
  if (id) showLoaded(results, () => loadCard(id));
}

async function findByPhone(phone) {
  const { items } = await callAsStaff("GET", `/customers?phone=${encodeURIComponent(phone)}`);
  if (!items.length) return mutedText(words.customer.none);
  return Promise.all(items.map(({ id }) => loadCard(id)));
}

async function loadCard(id) {
  const card = h("article", { class: "card open" });
  const load = async () => {
    const customer = await callAsStaff("GET", `/customers/${encodeURIComponent(id)}`);
    redraw(card, cardSections(customer, load));
  };
  await load();
  return card;
}

const cardSections = (customer, reload) => [
  h(
    "header",
    {},
    h("h2", {}, customer.name),
    customer.company ? h("span", {}, customer.company) : "",
  ),
  contact(customer),
  h("dl", { class: "figures" }, creditFigures(customer)),
  h("ul", { class: "debts" }, openDebts(customer.receivables || []).map(debtItem)),
  moreDebts(customer),
  canCollect(customer) ? collectionForm(customer, reload) : "",
  SELLING_ROLES.has(staff.role)
    ? h("footer", {}, linkButton(`#/sell/${customer.id}`, words.customer.sell))
    : "",
];

const contact = ({ phone, address }) =>
  h(
    "p",
    { class: "contact" },
    phone ? h("a", { href: `tel:${phone}` }, phone) : "",
    address ? h("span", {}, addressText({ ...address, postcode: "" })) : "",
  );

function creditFigures({ owed, overdue, overdue_days, credit_limit, credit_left }) {
  const { customer: labels } = words;
  return [
    figure(labels.owed, formatMoney(owed)),
    overdue.amount > 0
      ? figure(labels.overdue, formatMoney(overdue), "bad", daysText(overdue_days))
      : figure(labels.overdue, formatMoney(overdue)),
    credit_limit.amount
      ? figure(labels.left, formatMoney(credit_left), "good", `/ ${formatMoney(credit_limit)}`)
      : figure(labels.left, labels.no_credit, "good"),
  ];
}

const daysText = (count) => interpolate(words.customer.days, { count });

const openDebts = (receivables) => receivables.filter(({ left }) => left.amount > 0);

function moreDebts({ receivables = [], receivable_count: total = 0 }) {
  const count = total - receivables.length;
  return count > 0 ? mutedText(interpolate(words.customer.more_debts, { count })) : "";
}

const debtItem = ({ due_on, overdue_days, left }) =>
  h(
    "li",
    { class: overdue_days > 0 ? "bad" : "" },
    h("span", {}, interpolate(words.customer.due_on, { day: dayText(due_on) })),
    h("b", {}, formatMoney(left)),
  );

const canCollect = ({ owed }) => COLLECTING_ROLES.has(staff.role) && owed.amount > 0;

function collectionForm(customer, reload) {
  const key = newIdempotencyKey();
  const submit = (event) => {
    event.preventDefault();
    const { amount, method } = event.target.elements;
    runBusy(event.submitter, async () => {
      const body = { customer: customer.id, amount: readMoney(amount), method: method.value };
      await callAsStaff("POST", "/collections", { body, key });
      showToast(words.done);
      await reload();
    });
  };
  const methods = ["cash", "transfer"].map((method) => [method, methodName(method)]);
  return h(
    "form",
    { class: "find", onsubmit: submit },
    moneyField(words.customer.amount, "amount", { min: 1, max: customer.owed.amount }),
    select(words.sell.payment, "method", methods),
    submitButton(words.customer.collect),
  );
}
