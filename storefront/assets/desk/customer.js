// One phone screen for a customer: who he is, what he owes since when, and the credit he has left.
import { newKey } from "../common/api.js";
import { fill, h, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask, me } from "./me.js";
import { button, doing, explain, field, quiet, tell } from "./parts.js";
import { dayText, words } from "./words.js";

const COLLECTS = new Set(["salesman", "finance", "cashier", "courier", "agent", "owner"]);

export function customer(place, id) {
  const phone = field(words.customer.phone, { type: "tel", inputmode: "tel", autocomplete: "off", required: true });
  const found = h("div", { class: "list" });
  const look = async (event) => {
    event.preventDefault();
    await doing(event.submitter || event.target.querySelector("button"), async () => {
      const { items } = await ask("GET", `/customers?phone=${encodeURIComponent(phone.querySelector("input").value)}`);
      fill(found, items.length ? "" : quiet(words.customer.none));
      for (const each of items) found.append(await card(each.id));
    });
  };
  fill(place, h("form", { class: "find", onsubmit: look }, phone, h("button", { type: "submit" }, words.customer.find)), found);
  if (id) card(id).then((each) => fill(found, each), (problem) => fill(found, quiet(explain(problem))));
}

async function card(id) {
  const place = h("article", { class: "card open" });
  const load = async () => fill(place, drawn(await ask("GET", `/customers/${encodeURIComponent(id)}`), load));
  await load();
  return place;
}

function drawn(who, load) {
  return [
    h("header", {}, h("h2", {}, who.name), who.company ? h("span", {}, who.company) : ""),
    h("p", { class: "whom" }, who.phone ? h("a", { href: `tel:${who.phone}` }, who.phone) : "", who.address ? h("span", {}, [who.address.street, who.address.city].filter(Boolean).join(", ")) : ""),
    h(
      "dl",
      { class: "figures" },
      figure(words.customer.owed, formatMoney(who.owed)),
      figure(words.customer.overdue, formatMoney(who.overdue), who.overdue.amount > 0 ? say(words.customer.days, { count: who.overdue_days }) : "", who.overdue.amount > 0 ? "bad" : ""),
      figure(words.customer.left, who.credit_limit.amount ? formatMoney(who.credit_left) : words.customer.no_credit, who.credit_limit.amount ? `/ ${formatMoney(who.credit_limit)}` : "", "good"),
    ),
    h("ul", { class: "debts" }, (who.receivables || []).filter((each) => each.left.amount > 0).map((each) => h("li", { class: each.overdue_days > 0 ? "bad" : "" }, h("span", {}, say(words.customer.due_on, { day: dayText(each.due_on) })), h("b", {}, formatMoney(each.left))))),
    COLLECTS.has(me.role) && who.owed.amount > 0 ? collecting(who, load) : "",
    ["salesman", "agent", "owner", "cashier"].includes(me.role) ? h("footer", {}, h("a", { href: `#/sell/${who.id}`, role: "button", class: "outline" }, words.customer.sell)) : "",
  ];
}

const figure = (name, value, more = "", kind = "") => h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value, more ? h("small", {}, " " + more) : ""));

function collecting(who, load) {
  const key = newKey();
  const collect = (event) => {
    event.preventDefault();
    const form = event.target;
    doing(event.submitter, async () => {
      const amount = { amount: Number(form.elements.amount.value), currency: who.owed.currency };
      await ask("POST", "/collections", { body: { customer: who.id, amount, method: form.elements.method.value }, key });
      tell(words.done);
      await load();
    });
  };
  return h(
    "form",
    { class: "find", onsubmit: collect },
    field(words.customer.amount, { name: "amount", type: "number", inputmode: "numeric", min: 1, max: who.owed.amount, required: true }),
    h("label", {}, words.sell.payment, h("select", { name: "method" }, ["cash", "transfer"].map((each) => h("option", { value: each }, words.methods[each])))),
    h("button", { type: "submit" }, words.customer.collect),
  );
}
