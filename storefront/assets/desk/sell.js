// An order form in the seller's own channel: customer, goods, delivery, payment, and the price.
import { newKey } from "../common/api.js";
import { all, fill, h, one } from "../common/dom.js";
import { pendingRequest, sendOnce } from "../common/idempotency.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import settings from "../settings.js";
import { orderPath } from "../shop/my-orders.js";
import { ask, me } from "./me.js";
import { allPlaces, nameOf } from "./names.js";
import {
  bareSelect,
  button,
  doing,
  explain,
  field,
  linkButton,
  quiet,
  select,
  tell,
} from "./parts.js";
import { picker } from "./pick.js";
import { choicesFor, quoteRequest, saleRequest } from "./sale-request.js";
import { till } from "./till.js";
import { words } from "./words.js";

const PENDING = "desk.pending";
const CHANNELS = {
  cashier: ["pos"],
  salesman: ["sfa"],
  agent: ["phone", "social", "whatsapp"],
  owner: ["pos", "sfa", "phone", "social", "whatsapp"],
};
const DRAFTS = new Set(["owner", "agent", "salesman"]);
const HAS_DRAWER = new Set(["cashier", "salesman"]);
const FIELDS = ["channel", "phone", "name", "method", "street", "postcode", "store", "payment"];

/**
 * One sale. `lines` are quantities by SKU, `quotes` counts requests for a price, of which only the
 * last is shown, and `draft` is the request of a draft that no answer came to yet.
 */
export function sell(place, customerId) {
  const form = h("form", { class: "sell" });
  const redo = () => sell(place, "");
  const sale = { form, redo, customerId, lines: new Map(), quotes: 0, draft: null };
  const drawer = h("div", {});
  fill(form, fieldsets(sale), h("div", { id: "price", class: "price-box" }), deeds(sale));
  fill(place, drawer, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    placeOrder(sale);
  });
  form.addEventListener("change", () => adjust(sale));
  if (HAS_DRAWER.has(me.role)) till(drawer);
  if (customerId)
    ask("GET", `/customers/${encodeURIComponent(customerId)}`).then((who) => fillKnown(sale, who));
  adjust(sale);
  if (pendingRequest(PENDING)) showUnanswered(form);
}

const fieldsets = (sale) => [
  channelField(),
  customerFields(sale),
  goodsFields(sale),
  deliveryFields(),
  paymentFields(),
];

function deeds(sale) {
  const draft = ({ target }) => makeDraft(target, sale);
  return [
    h("div", { id: "sold" }),
    h("button", { type: "submit", id: "place" }, words.sell.place),
    DRAFTS.has(me.role)
      ? h(
          "button",
          { type: "button", id: "draft", class: "outline", onclick: draft },
          words.sell.draft,
        )
      : "",
  ];
}

const value = (form, name) => form.elements[name]?.value.trim() ?? "";

function channelField() {
  const mine = CHANNELS[me.role] || ["phone"];
  if (mine.length === 1) return h("input", { type: "hidden", name: "channel", value: mine[0] });
  return select(words.sell.channel, "channel", named(mine, words.channels));
}

const named = (codes, table) => codes.map((code) => [code, table[code]]);

const fieldset = (legend, ...children) => h("fieldset", {}, h("legend", {}, legend), ...children);

function customerFields(sale) {
  const number = { name: "phone", type: "tel", inputmode: "tel", autocomplete: "off" };
  const phone = field(words.sell.phone, number);
  phone.addEventListener("change", ({ target }) => findCustomer(sale, target.value.trim()));
  const name = field(words.sell.name, { name: "name", autocomplete: "off", maxlength: 100 });
  return fieldset(words.sell.customer, h("div", { class: "pair" }, phone, name));
}

async function findCustomer(sale, phone) {
  sale.customerId = "";
  if (!phone) return;
  try {
    const { items } = await ask("GET", `/customers?phone=${encodeURIComponent(phone)}`);
    if (items.length) fillKnown(sale, items[0]);
  } catch {
    // placing the order tells what is wrong with the number
  }
}

function fillKnown(sale, { id, name, phone, address }) {
  const { elements } = sale.form;
  sale.customerId = id;
  elements.name.value = name;
  if (!value(sale.form, "phone")) elements.phone.value = phone || "";
  if (address && !value(sale.form, "street")) {
    elements.street.value = address.street || "";
    elements.postcode.value = address.postcode || "";
  }
  adjust(sale);
}

function goodsFields(sale) {
  const label = { placeholder: words.stock.search, "aria-label": words.stock.search };
  const [search, found] = picker(label, ({ sku }) =>
    setQuantity(sale, sku, (sale.lines.get(sku) || 0) + 1),
  );
  return fieldset(words.sell.add, search, found, h("ul", { class: "picked", id: "picked" }));
}

function setQuantity(sale, sku, quantity) {
  if (quantity > 0) sale.lines.set(sku, quantity);
  else sale.lines.delete(sku);
  fill(
    one("#picked", sale.form),
    [...sale.lines].map((line) => picked(sale, line)),
  );
  adjust(sale);
}

function picked(sale, [sku, quantity]) {
  const less = button("−", () => setQuantity(sale, sku, quantity - 1));
  const more = button("+", () => setQuantity(sale, sku, quantity + 1));
  const stepper = h("span", { class: "stepper" }, less, h("output", {}, String(quantity)), more);
  return h("li", {}, h("span", {}, nameOf(sku)), stepper);
}

function deliveryFields() {
  const stores = allPlaces()
    .filter(({ kind, active }) => kind === "store" && active)
    .map(({ id, name }) => [id, name]);
  const methods = named(["handover", "ship", "pickup"], words.methods);
  const street = { name: "street", maxlength: 200, autocomplete: "off" };
  const postcode = { name: "postcode", inputmode: "numeric", maxlength: 5, autocomplete: "off" };
  const address = [field(words.sell.street, street), field(words.sell.postcode, postcode)];
  return fieldset(
    words.sell.delivery,
    bareSelect(words.sell.delivery, "method", methods),
    h("div", { class: "pair", "data-method": "ship" }, address),
    h("div", { "data-method": "pickup" }, select(words.sell.store, "store", stores)),
  );
}

function paymentFields() {
  const methods = named(["cash", "cod", "transfer", "credit"], words.methods);
  return fieldset(words.sell.payment, bareSelect(words.sell.payment, "payment", methods));
}

/** Shows only what this channel and delivery can do, and asks for the price again. */
function adjust(sale) {
  const { form } = sale;
  const { method, payment } = form.elements;
  allow(method, choicesFor(value(form, "channel"), method.value), "ship");
  const can = choicesFor(value(form, "channel"), method.value);
  for (const part of all("[data-method]", form)) part.hidden = part.dataset.method !== method.value;
  allow(payment, can, can.cash ? "cash" : "transfer");
  const draft = one("#draft", form);
  if (draft) draft.hidden = !can.draft;
  showPrice(sale);
}

/** Hides the options that `can` excludes; a chosen one gives way to `otherwise`. */
function allow(control, can, otherwise) {
  for (const option of control.options) {
    option.disabled = can[option.value] === false;
    option.hidden = option.disabled;
  }
  if (control.selectedOptions[0]?.disabled) control.value = otherwise;
}

const factsOf = ({ form, lines, customerId }) => ({
  fields: Object.fromEntries(FIELDS.map((name) => [name, value(form, name)])),
  lines: [...lines],
  customerId,
  country: settings.country,
});

async function showPrice(sale) {
  const place = one("#price", sale.form);
  sale.quotes += 1;
  const mine = sale.quotes;
  const drawn = sale.lines.size ? await priced(sale) : quiet(words.sell.empty);
  if (mine === sale.quotes) fill(place, drawn);
}

async function priced(sale) {
  try {
    return sums(await ask("POST", "/quotes", { body: quoteRequest(factsOf(sale)) }));
  } catch (problem) {
    return quiet(explain(problem));
  }
}

const sums = ({ lines, freight, total, short }) => [
  lines.map(lineSum),
  freight?.amount ? row("+", freight) : "",
  h("div", { class: "total" }, h("span", {}, words.total), h("b", {}, formatMoney(total))),
  (short || []).map(shortage),
];

const lineSum = ({ sku, name, quantity, total, adjustments }) => [
  row(`${quantity} × ${name || nameOf(sku)}`, total),
  (adjustments || []).map(({ says, amount }) => h("small", {}, `${says} ${formatMoney(amount)}`)),
];

const row = (name, money) => h("div", {}, h("span", {}, name), h("span", {}, formatMoney(money)));

const shortage = ({ sku, available }) =>
  h("p", { class: "warn" }, interpolate(words.sell.short, { name: nameOf(sku), available }));

async function placeOrder(sale) {
  const { form } = sale;
  if (!sale.lines.size && !pendingRequest(PENDING)) return tell(words.sell.empty, "bad");
  const body = () => ({
    ...saleRequest(factsOf(sale)),
    payments: [{ method: value(form, "payment") }],
  });
  await doing(one("#place", form), async () => {
    try {
      const order = await sendOnce(PENDING, body, (request) => ask("POST", "/orders", request));
      showSold(sale, words.sell.placed, order, [
        linkButton(`#/orders/${order.id}`, words.order),
        order.token ? customerLink(orderPath(order)) : "",
      ]);
    } catch (problem) {
      if (problem.unanswered) showUnanswered(form);
      throw problem;
    }
  });
}

/** Keeps the sale for the customer at these prices; they choose how to pay by the link. */
async function makeDraft(control, sale) {
  if (!sale.lines.size) return tell(words.sell.empty, "bad");
  sale.draft ??= { key: newKey(), link: newKey(), body: saleRequest(factsOf(sale)) };
  await doing(control, async () => {
    try {
      const { key, link, body } = sale.draft;
      const draft = await ask("POST", "/drafts", { body, key });
      const { url } = await ask("POST", `/drafts/${draft.id}/pay-link`, { key: link });
      showSold(sale, words.sell.drafted, draft, [customerLink(url)]);
    } catch (problem) {
      if (!problem.unanswered) sale.draft = null;
      throw problem;
    }
  });
}

const customerLink = (href) => h("a", { href }, words.link_customer);

const showSold = ({ form, redo }, text, { number, total }, links) =>
  fill(
    form,
    h(
      "article",
      { class: "card open sold" },
      h("h2", {}, interpolate(text, { number })),
      h("p", { class: "cash" }, formatMoney(total)),
      h("footer", {}, button(words.sell.next, redo), links),
    ),
  );

function showUnanswered(form) {
  one("#place", form).textContent = words.sell.retry;
  fill(one("#sold", form), h("p", { class: "warn" }, words.sell.unanswered));
}
