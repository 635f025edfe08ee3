// The form in which staff sell in their own channel: customer, goods, delivery, payment, price.
import { h, setChildren } from "../common/dom.js";
import { customerFields, loadCustomer } from "./sale-customer.js";
import { channelField, deliveryFields, limitChoices, paymentFields } from "./sale-form.js";
import { goodsFields } from "./sale-goods.js";
import { updatePrice } from "./sale-price.js";
import {
  canDraft,
  createDraft,
  hasPendingOrder,
  placeOrder,
  showUnanswered,
} from "./sale-submit.js";
import { staff } from "./session.js";
import { till } from "./till.js";
import { words } from "./words.js";

const TILL_ROLES = new Set(["cashier", "salesman"]);

/**
 * The state of one sale.
 *
 * @typedef {object} Sale
 * @property {HTMLFormElement} form
 * @property {string} customerId "" for a customer who is not stored yet
 * @property {Map<string, number>} lines quantities by SKU
 * @property {number} quoteCount quotes requested; only the response of the last is shown
 * @property {object | null} draft the request of a draft that has no response yet
 * @property {() => void} refresh updates choices and price after a change
 * @property {() => void} restart opens the form for the next sale
 */

/** With a customer id, the form is filled with that customer. */
export function sellScreen(container, customerId) {
  const form = h("form", { class: "sell" });
  const sale = { form, customerId, lines: new Map(), quoteCount: 0, draft: null };
  sale.refresh = () => refresh(sale);
  sale.restart = () => sellScreen(container, "");
  const tillSection = h("div", {});
  setChildren(form, fieldsets(sale), h("div", { id: "price", class: "price-box" }), buttons(sale));
  setChildren(container, tillSection, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    placeOrder(sale);
  });
  form.addEventListener("change", sale.refresh);
  if (TILL_ROLES.has(staff.role)) till(tillSection);
  if (customerId) loadCustomer(sale, customerId);
  sale.refresh();
  if (hasPendingOrder()) showUnanswered(form);
}

function refresh(sale) {
  limitChoices(sale.form);
  updatePrice(sale);
}

const fieldsets = (sale) => [
  channelField(),
  customerFields(sale),
  goodsFields(sale),
  deliveryFields(),
  paymentFields(),
];

function buttons(sale) {
  const onclick = ({ target }) => createDraft(target, sale);
  const draft = { type: "button", id: "draft", class: "outline", onclick };
  return [
    h("div", { id: "sold" }),
    h("button", { type: "submit", id: "place" }, words.sell.place),
    canDraft() ? h("button", draft, words.sell.draft) : "",
  ];
}
