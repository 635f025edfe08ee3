// Runs on every page of the shop: cart badge, "add to cart" buttons, search and live stock.
import { h, query, queryAll } from "../common/dom.js";
import { containsWords } from "../common/text.js";
import * as cart from "./cart.js";
import { clampQuantity } from "./cart-lines.js";
import { rememberPlacement } from "./placement.js";
import { watchStock } from "./stock.js";
import { localPath, words } from "./words.js";

const TOAST_MILLISECONDS = 5000;

rememberPlacement(location.search);
cart.showUnitCount();
enableCardButtons();
enableBuyForm();
enableSearch();
watchStock();
query(".chips [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

function enableCardButtons() {
  for (const button of queryAll(".card [data-add]")) {
    button.hidden = false;
    button.addEventListener("click", () => addToCart(button, 1));
  }
}

/** The form of a product page, which has a quantity. */
function enableBuyForm() {
  const form = query("[data-buy]");
  if (!form) return;
  const { quantity } = form.elements;
  const typedQuantity = () => Math.floor(Number(quantity.value)) || 1;
  const changeBy = (difference) => {
    quantity.value = clampQuantity(typedQuantity() + difference, Number(quantity.max));
  };
  form.hidden = false;
  form.noValidate = true;
  query("[data-less]", form).addEventListener("click", () => changeBy(-1));
  query("[data-more]", form).addEventListener("click", () => changeBy(1));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = typedQuantity();
    changeBy(0); // clamps the typed quantity
    const note = wanted > typedQuantity() ? words.adjusted : "";
    addToCart(query("[data-add]", form), typedQuantity(), note);
  });
}

function addToCart(button, quantity, note = "") {
  const { add: sku, name, path, art } = button.dataset;
  cart.add({ sku, name, path, art }, quantity);
  query(".toast")?.remove();
  const toast = h(
    "div",
    { class: "toast", role: "status" },
    h("span", {}, `${words.added}: ${quantity} × ${name}`, note && h("small", {}, note)),
    h("a", { href: localPath("/keranjang/") }, words.to_cart),
  );
  document.body.append(toast);
  setTimeout(() => toast.remove(), TOAST_MILLISECONDS);
}

function enableSearch() {
  const form = query("[data-search]");
  if (!form) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.q.addEventListener("input", () => filterCards(form.elements.q.value));
}

function filterCards(search) {
  const shownCard = ".card:not([hidden])";
  for (const card of queryAll("[data-find]"))
    card.hidden = !containsWords(card.dataset.find, search);
  for (const group of queryAll("[data-group]")) group.hidden = !query(shownCard, group);
  query("[data-nothing]").hidden = Boolean(query(shownCard));
}
