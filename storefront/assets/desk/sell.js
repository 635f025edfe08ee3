// A plain order form in the seller's own channel: customer, goods, how it gets there, how it is paid, the price first.
import { newKey } from "../common/api.js";
import { fill, h, one, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { read, write } from "../shop/keep.js";
import { ask, me } from "./me.js";
import { allPlaces, nameOf } from "./names.js";
import { bare, button, doing, explain, field, quiet, select, tell } from "./parts.js";
import { picker } from "./pick.js";
import { till } from "./till.js";
import { words } from "./words.js";

const CHANNELS = { cashier: ["pos"], salesman: ["sfa"], agent: ["phone", "social", "whatsapp"], owner: ["pos", "sfa", "phone", "social", "whatsapp"] };
const FROM_HAND = new Set(["pos", "sfa"]);
const DRAFTED = new Set(["phone", "social", "whatsapp", "sfa"]);
const DRAFTS = new Set(["owner", "agent", "salesman"]);

export function sell(place, customerId) {
  const sale = { lines: new Map(), customer: customerId ? { id: customerId } : null };
  const form = h("form", { class: "sell", onsubmit: (event) => (event.preventDefault(), order(form, sale)) });
  const drawer = h("div", {});
  const redo = () => sell(place, "");
  fill(form, channelField(form, sale), customerFields(sale), goodsFields(form, sale), deliveryFields(form, sale), paymentFields(form, sale), h("div", { id: "price", class: "price-box" }), h("div", { id: "sold" }), h("button", { type: "submit", id: "place" }, words.sell.place), DRAFTS.has(me.role) ? h("button", { type: "button", id: "draft", class: "outline", onclick: (event) => draft(event.target, form, sale) }, words.sell.draft) : "");
  fill(place, drawer, form);
  sale.redo = redo;
  if (["cashier", "salesman"].includes(me.role)) till(drawer);
  if (customerId) ask("GET", `/customers/${encodeURIComponent(customerId)}`).then((who) => known(form, sale, who));
  form.addEventListener("change", () => adjust(form, sale));
  adjust(form, sale);
  const pending = read("desk.pending", null);
  if (pending) unanswered(form);
}

const value = (form, name) => form.elements[name]?.value.trim() || "";

function channelField() {
  const mine = CHANNELS[me.role] || ["phone"];
  return mine.length > 1 ? select(words.sell.channel, "channel", mine.map((each) => [each, words.channels[each]])) : h("input", { type: "hidden", name: "channel", value: mine[0] });
}

function customerFields(sale) {
  const phone = field(words.sell.phone, { name: "phone", type: "tel", inputmode: "tel", autocomplete: "off" });
  phone.querySelector("input").addEventListener("change", async (event) => {
    sale.customer = null;
    if (!event.target.value.trim()) return;
    try {
      const { items } = await ask("GET", `/customers?phone=${encodeURIComponent(event.target.value)}`);
      if (items.length) known(event.target.form, sale, items[0]);
    } catch {
      // unknown or unfinished numbers are told when the order is placed
    }
  });
  return h("fieldset", {}, h("legend", {}, words.sell.customer), h("div", { class: "pair" }, phone, field(words.sell.name, { name: "name", autocomplete: "off", maxlength: 100 })));
}

function known(form, sale, who) {
  sale.customer = { id: who.id };
  form.elements.name.value = who.name;
  if (!value(form, "phone")) form.elements.phone.value = who.phone || "";
  if (who.address && !value(form, "street")) {
    form.elements.street.value = who.address.street || "";
    form.elements.postcode.value = who.address.postcode || "";
  }
  adjust(form, sale);
}

function goodsFields(form, sale) {
  const list = h("ul", { class: "picked", id: "picked" });
  const [search, found] = picker({ placeholder: words.stock.search, "aria-label": words.stock.search }, (product) => {
    sale.lines.set(product.sku, (sale.lines.get(product.sku) || 0) + 1);
    drawPicked(form, sale);
  });
  return h("fieldset", {}, h("legend", {}, words.sell.add), search, found, list);
}

function drawPicked(form, sale) {
  const change = (sku, quantity) => {
    if (quantity > 0) sale.lines.set(sku, quantity);
    else sale.lines.delete(sku);
    drawPicked(form, sale);
  };
  fill(one("#picked", form), [...sale.lines].map(([sku, quantity]) => h("li", {}, h("span", {}, nameOf(sku)), h("span", { class: "stepper" }, button("−", () => change(sku, quantity - 1)), h("output", {}, String(quantity)), button("+", () => change(sku, quantity + 1))))));
  adjust(form, sale);
}

function deliveryFields() {
  const stores = allPlaces().filter((each) => each.kind === "store" && each.active).map((each) => [each.id, each.name]);
  return h(
    "fieldset",
    {},
    h("legend", {}, words.sell.delivery),
    bare(words.sell.delivery, "method", ["handover", "ship", "pickup"].map((each) => [each, words.methods[each]])),
    h("div", { class: "pair", "data-method": "ship" }, field(words.sell.street, { name: "street", maxlength: 200, autocomplete: "off" }), field(words.sell.postcode, { name: "postcode", inputmode: "numeric", maxlength: 5, autocomplete: "off" })),
    h("div", { "data-method": "pickup" }, select(words.sell.store, "store", stores)),
  );
}

const paymentFields = () => h("fieldset", {}, h("legend", {}, words.sell.payment), bare(words.sell.payment, "payment", ["cash", "cod", "transfer", "credit"].map((each) => [each, words.methods[each]])));

/** Shows only what this channel and delivery can do, and asks for the price again. */
function adjust(form, sale) {
  const hand = FROM_HAND.has(value(form, "channel"));
  const method = form.elements.method;
  for (const option of method.options) option.hidden = option.disabled = option.value === "handover" && !hand;
  if (method.selectedOptions[0]?.disabled) method.value = "ship";
  for (const part of form.querySelectorAll("[data-method]")) part.hidden = part.dataset.method !== method.value;
  const payment = form.elements.payment;
  for (const option of payment.options) option.hidden = option.disabled = (option.value === "cash" && !hand) || (option.value === "cod" && method.value === "handover");
  if (payment.selectedOptions[0]?.disabled) payment.value = hand ? "cash" : "transfer";
  const drafting = one("#draft", form);
  if (drafting) drafting.hidden = !DRAFTED.has(value(form, "channel")) || method.value === "handover";
  price(form, sale);
}

function wish(form, sale) {
  const method = value(form, "method");
  const delivery = method === "ship" ? { method, address: { street: value(form, "street"), postcode: value(form, "postcode"), country: "ID" } } : method === "pickup" ? { method, location: value(form, "store") } : { method };
  const said = { channel: value(form, "channel"), lines: [...sale.lines].map(([sku, quantity]) => ({ sku, quantity })), delivery };
  const customer = sale.customer ? { ...sale.customer } : {};
  if (!sale.customer && value(form, "name")) customer.name = value(form, "name");
  if (!sale.customer && value(form, "phone")) customer.phone = value(form, "phone");
  if (Object.keys(customer).length) said.customer = customer;
  return said;
}

let asked = 0;
async function price(form, sale) {
  const mine = ++asked;
  const place = one("#price", form);
  if (!sale.lines.size) return fill(place, quiet(words.sell.empty));
  const said = wish(form, sale);
  if (said.delivery.method === "ship" && said.delivery.address.postcode.length !== 5) delete said.delivery;
  try {
    const quote = await ask("POST", "/quotes", { body: said });
    if (mine === asked) fill(place, sum(quote));
  } catch (problem) {
    if (mine === asked) fill(place, quiet(explain(problem)));
  }
}

function sum(quote) {
  return [
    quote.lines.map((line) => [row(`${line.quantity} × ${line.name || nameOf(line.sku)}`, line.total), (line.adjustments || []).map((each) => h("small", {}, `${each.says} ${formatMoney(each.amount)}`))]),
    quote.freight?.amount ? row("+", quote.freight) : "",
    h("div", { class: "total" }, h("span", {}, words.total), h("b", {}, formatMoney(quote.total))),
    (quote.short || []).map((each) => h("p", { class: "warn" }, say(words.sell.short, { name: nameOf(each.sku), available: each.available }))),
  ];
}

const row = (name, money) => h("div", {}, h("span", {}, name), h("span", {}, formatMoney(money)));

async function order(form, sale) {
  if (!sale.lines.size && !read("desk.pending", null)) return tell(words.sell.empty, "bad");
  const control = one("#place", form);
  const pending = read("desk.pending", null) || { key: newKey(), body: { ...wish(form, sale), payments: [{ method: value(form, "payment") }] } };
  write("desk.pending", pending); // kept until answered, so that sending again never doubles
  await doing(control, async () => {
    try {
      const placed = await ask("POST", "/orders", { body: pending.body, key: pending.key });
      write("desk.pending", null);
      sold(form, sale, placed);
    } catch (problem) {
      if (problem.unanswered) unanswered(form);
      else write("desk.pending", null);
      throw problem;
    }
  });
}

/** Kept for the customer at these prices and sent to him as a link; he chooses how to pay, and nothing is held till then. */
async function draft(control, form, sale) {
  if (!sale.lines.size) return tell(words.sell.empty, "bad");
  sale.draft ??= { key: newKey(), link: newKey(), body: wish(form, sale) };
  await doing(control, async () => {
    try {
      const made = await ask("POST", "/drafts", { body: sale.draft.body, key: sale.draft.key });
      const { url } = await ask("POST", `/drafts/${made.id}/pay-link`, { key: sale.draft.link });
      fill(form, h("article", { class: "card open sold" }, h("h2", {}, say(words.sell.drafted, { number: made.number })), h("p", { class: "cash" }, formatMoney(made.total)), h("footer", {}, button(words.sell.next, sale.redo), h("a", { href: url }, words.link_customer))));
    } catch (problem) {
      if (!problem.unanswered) sale.draft = null;
      throw problem;
    }
  });
}

function unanswered(form) {
  one("#place", form).textContent = words.sell.retry;
  fill(one("#sold", form), h("p", { class: "warn" }, words.sell.unanswered));
}

function sold(form, sale, placed) {
  const link = placed.token ? h("a", { href: `/pesanan/?id=${encodeURIComponent(placed.id)}&token=${encodeURIComponent(placed.token)}` }, words.link_customer) : "";
  fill(form, h("article", { class: "card open sold" }, h("h2", {}, say(words.sell.placed, { number: placed.number })), h("p", { class: "cash" }, formatMoney(placed.total)), h("footer", {}, button(words.sell.next, sale.redo), h("a", { href: `#/orders/${placed.id}`, role: "button", class: "outline" }, words.order), link)));
}
