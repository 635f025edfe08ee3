// One form, one quote beside it, one order. The Idempotency-Key and its body are kept until an answer comes, so that
// a broken connection, a reload or an impatient second tap never makes a second order.
import { call, newKey } from "../common/api.js";
import { all, fill, h, one } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import * as cart from "./cart.js";
import { placement, read, write } from "./keep.js";
import { isFilled, wrong } from "./mend.js";
import { kindly, named } from "./problem.js";
import { comesLater, quoteTable } from "./quote.js";
import { to, words } from "./words.js";

const form = one("#checkout");
const field = (name) => form.elements[name].value.trim();
const names = () => Object.fromEntries(cart.lines().map((line) => [line.sku, line.name]));
let asked = 0;
let timer;

if (cart.count() || read("pending", null)) open();
else fill(one("#no-cart"), h("div", { class: "empty" }, h("p", {}, words.empty_cart), h("a", { href: to("/"), role: "button" }, words.to_catalog)));

function open() {
  form.hidden = false;
  remembered();
  showDelivery();
  requote();
  form.addEventListener("change", (event) => {
    showDelivery();
    if (["delivery", "location", "postcode", "coupon", "payment"].includes(event.target.name)) requote();
  });
  form.elements.coupon.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(requote, 600);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    place();
  });
  if (read("pending", null)) showUnanswered();
}

function remembered() {
  for (const [name, value] of Object.entries(read("me", {}))) if (form.elements[name]) form.elements[name].value = value;
}

function showDelivery() {
  for (const part of all("[data-for]", form)) part.hidden = part.dataset.for !== field("delivery");
  form.elements.street.required = form.elements.postcode.required = field("delivery") === "ship";
}

function delivery() {
  if (field("delivery") === "pickup") return { method: "pickup", location: field("location") };
  return { method: "ship", address: { street: field("street"), city: field("city"), postcode: field("postcode"), country: "ID" } };
}

function wish() {
  const said = { channel: "web", lines: cart.wanted() };
  if (placement()) said.placement = placement();
  if (field("coupon")) said.coupons = [field("coupon").toUpperCase()];
  return said;
}

function order() {
  const customer = { name: field("name") };
  if (field("phone")) customer.phone = field("phone");
  if (field("email")) customer.email = field("email");
  const said = { ...wish(), customer, delivery: delivery(), payments: [{ method: field("payment") }] };
  if (!one("#wait").hidden && form.elements.backorder.checked) said.backorder = true;
  if (field("note")) said.note = field("note");
  return said;
}

async function requote() {
  if (!cart.count()) return;
  const mine = ++asked;
  const button = one("#place");
  const said = wish();
  // Half an address is no address yet: the price is shown before the postcode is typed, and again after.
  if (field("delivery") === "pickup" || field("postcode").length >= 4) said.delivery = delivery();
  try {
    const quote = await call("POST", "/quotes", { body: said });
    if (mine !== asked) return;
    fill(one("#quote"), quoteTable(quote));
    offerOnly(quote);
    one("#wait").hidden = !comesLater(quote);
    if (!read("pending", null)) fill(one("#problem"));
    button.textContent = `${read("pending", null) ? words.retry : words.place} · ${formatMoney(quote.total)}`;
  } catch (problem) {
    if (mine === asked) refused(problem);
  }
}

/** Ways to pay and stores to pick up from that this cart has now; what is not there cannot be chosen. */
function offerOnly(quote) {
  const ways = all("[name=payment]", form);
  for (const input of ways) input.disabled = Boolean(quote.payments) && !quote.payments.includes(input.value);
  if (ways.some((input) => input.checked && input.disabled)) ways.filter((input) => !input.disabled).slice(0, 1).forEach((input) => (input.checked = true));
  const stores = (quote.delivery || []).filter((each) => each.method === "pickup").map((each) => each.location);
  const options = [...(form.elements.location?.options || [])];
  for (const option of options) option.disabled = Boolean(quote.delivery) && !stores.includes(option.value);
  if (options.some((option) => option.selected && option.disabled)) options.filter((option) => !option.disabled).slice(0, 1).forEach((option) => (option.selected = true));
}

async function place() {
  if (!isFilled(form)) return;
  if (!field("phone") && !field("email")) return wrong(form.elements.phone, words.need_reach).focus();
  const button = one("#place");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  fill(one("#problem"));
  try {
    await settle();
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

async function settle() {
  const left = read("pending", null);
  const pending = left || { key: newKey(), body: order() };
  write("pending", pending);
  keepMe();
  try {
    done(await call("POST", "/orders", { body: pending.body, key: pending.key }));
  } catch (problem) {
    if (problem.unanswered) return showUnanswered(problem);
    write("pending", null);
    if (left && cart.count()) return settle(); // the old attempt was refused for good; now what stands in the form
    refused(problem);
  }
}

function done(placed) {
  write("pending", null);
  const mine = read("orders", []).filter((each) => each.id !== placed.id);
  write("orders", [{ id: placed.id, token: placed.token, number: placed.number, at: placed.placed_at, total: placed.total }, ...mine].slice(0, 20));
  cart.clear();
  location.assign(to("/pesanan/") + `?id=${encodeURIComponent(placed.id)}&token=${encodeURIComponent(placed.token)}`);
}

const INPUTS = { coupons: "coupon" };

/** Told beside the button, and again under the field that is meant. */
function refused(problem) {
  const { short, skus, errors = [] } = problem.facts;
  fill(one("#problem"), kindly(problem, { names: names(), after: short || skus ? h("a", { href: to("/keranjang/"), role: "button", class: "outline" }, words.adjust) : "" }));
  for (const part of errors.map((each) => named(each.field))) {
    const input = form.elements[INPUTS[part] || part];
    if (input instanceof HTMLElement) wrong(input, words.mend[part]);
  }
  one("#problem").scrollIntoView({ block: "nearest" });
}

function showUnanswered(problem) {
  const text = problem && problem.code === "unavailable" ? words.problems.unavailable : words.unanswered;
  fill(one("#problem"), h("div", { class: "problem" }, h("p", {}, text)));
  one("#place").textContent = words.retry;
}

function keepMe() {
  write("me", Object.fromEntries(["name", "phone", "email", "street", "city", "postcode"].map((name) => [name, field(name)])));
}
