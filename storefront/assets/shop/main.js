import { all, h, one } from "../common/dom.js";
import { containsWords } from "../common/text.js";
import { add, showCount } from "./cart.js";
import { bounded } from "./cart-lines.js";
import { notePlacement } from "./placement.js";
import { showStock } from "./stock.js";
import { to, words } from "./words.js";

notePlacement(location.search);
showCount();
offerButtons();
offerSearch();
showStock();
one(".chips [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

function offerButtons() {
  const form = one("[data-buy]");
  if (form) offerForm(form);
  for (const button of all(".card [data-add]")) {
    button.hidden = false;
    button.addEventListener("click", () => put(button, 1));
  }
}

function offerForm(form) {
  const quantity = form.elements.quantity;
  const typed = () => Math.floor(Number(quantity.value)) || 1;
  const step = (by) => {
    quantity.value = bounded(typed() + by, Number(quantity.max));
  };
  form.hidden = false;
  one("[data-less]", form).addEventListener("click", () => step(-1));
  one("[data-more]", form).addEventListener("click", () => step(1));
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = typed();
    step(0);
    put(one("[data-add]", form), typed(), wanted > typed() ? words.adjusted : "");
  });
}

function put(button, quantity, note = "") {
  const { add: sku, name, path, art } = button.dataset;
  add({ sku, name, path, art }, quantity);
  one(".toast")?.remove();
  const toast = h(
    "div",
    { class: "toast", role: "status" },
    h("span", {}, `${words.added}: ${quantity} × ${name}`, note && h("small", {}, note)),
    h("a", { href: to("/keranjang/") }, words.to_cart),
  );
  document.body.append(toast);
  setTimeout(() => toast.remove(), 5000);
}

function offerSearch() {
  const form = one("[data-search]");
  if (!form) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.q.addEventListener("input", () => find(form.elements.q.value));
}

function find(text) {
  for (const card of all("[data-find]")) card.hidden = !containsWords(card.dataset.find, text);
  for (const group of all("[data-group]")) group.hidden = !one(".card:not([hidden])", group);
  one("[data-nothing]").hidden = !!one(".card:not([hidden])");
}
