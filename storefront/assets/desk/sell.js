// The form in which staff sell in their own channel: customer, goods, delivery, payment, price.
// Above it are the shift and the sales whose answer never arrived.
import { h, query, setChildren } from "../common/dom.js";
import { showCashBags } from "./cash-bags.js";
import { showCashInHand } from "./cash-in-hand.js";
import { button } from "./elements.js";
import { showToast } from "./feedback.js";
import { customerFields, loadCustomer } from "./sale-customer.js";
import {
  channelField,
  deliveryFields,
  fillSale,
  limitChoices,
  paymentFields,
  readSale,
} from "./sale-form.js";
import { goodsFields, showGoods } from "./sale-goods.js";
import { updatePrice } from "./sale-price.js";
import { isBegun, loadSale, saveSale } from "./sale-store.js";
import { canDraft, submitSale } from "./sale-submit.js";
import { unansweredCards } from "./sale-unanswered.js";
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
 * @property {any} quote the price that is shown, or null
 * @property {() => void} refresh updates choices and price after a change, and stores the sale
 * @property {() => void} restart opens the form for the next sale
 * @property {(request: any) => void} showUnanswered moves a sent sale out of the form
 */

/** Opens with the unfinished sale, if there is one. With a customer id, it is for that customer. */
export function sellScreen(container, customerId) {
  const screen = { container, isOpen: true };
  openForm(screen, customerId);
  return () => {
    screen.isOpen = false;
  };
}

/** The till is loaded first, because it would push down a form that is shown already. */
async function openForm(screen, customerId = "", show = () => {}) {
  const tillSection = h("div", {});
  const cash = h("div", {});
  const bags = h("div", {});
  if (TILL_ROLES.has(staff.role))
    await Promise.all([
      till(tillSection),
      showCashInHand(cash),
      showCashBags(bags, () => till(tillSection)),
    ]);
  if (!screen.isOpen) return;
  const sale = newSale(screen);
  const cards = unansweredCards((content) => editAgain(sale, content));
  setChildren(screen.container, tillSection, cash, bags, cards, sale.form);
  const stored = loadSale(staff.id);
  if (stored) fill(sale, stored);
  if (customerId) loadCustomer(sale, customerId);
  sale.refresh();
  show(sale);
}

function newSale(screen) {
  const form = h("form", { class: "sell" });
  const sale = { form, customerId: "", lines: new Map(), quoteCount: 0, quote: null };
  sale.refresh = () => refresh(sale);
  sale.restart = () => openForm(screen, "", focusSearch);
  sale.showUnanswered = (request) => openForm(screen, "", () => focusCard(screen, request));
  setChildren(form, fieldsets(sale), h("div", { id: "price", class: "price-box" }), buttons(sale));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitSale(sale, "order", query("#place", form));
  });
  form.addEventListener("change", sale.refresh);
  form.addEventListener("input", () => store(sale));
  return sale;
}

const focusSearch = ({ form }) => query("[type=search]", form).focus();

const focusCard = ({ container }, { key }) =>
  query(`[data-key="${key}"] button`, container)?.focus();

function refresh(sale) {
  limitChoices(sale.form);
  store(sale);
  updatePrice(sale);
}

const store = (sale) => saveSale(staff.id, readSale(sale));

function fill(sale, { fields, lines, customerId }) {
  sale.customerId = customerId;
  sale.lines = new Map(lines);
  fillSale(sale.form, fields);
  showGoods(sale);
}

/** Fills the form with a refused sale unless another is begun there. Returns whether it did. */
function editAgain(sale, content) {
  if (isBegun(readSale(sale))) {
    showToast(words.sell.finish_first, "bad");
    return false;
  }
  fill(sale, content);
  sale.refresh();
  focusSearch(sale);
  return true;
}

const fieldsets = (sale) => [
  channelField(),
  customerFields(sale),
  goodsFields(sale),
  deliveryFields(),
  paymentFields(),
];

function buttons(sale) {
  const onclick = ({ target }) => submitSale(sale, "draft", target);
  const draft = { type: "button", id: "draft", class: "outline", onclick };
  const clear = () => {
    saveSale(staff.id, null);
    sale.restart();
  };
  return [
    h("button", { type: "submit", id: "place" }, words.sell.place),
    canDraft() ? h("button", draft, words.sell.draft) : "",
    button(words.sell.clear, clear, "secondary outline"),
  ];
}
