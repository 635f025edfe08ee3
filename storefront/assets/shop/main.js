// Runs on every page of the shop: cart badge, "add to cart" buttons, search and live stock.
import { h, query, queryAll, setChildren } from "../common/dom.js";
import { startsWords } from "../common/text.js";
import * as cart from "./cart.js";
import { clampQuantity } from "./cart-lines.js";
import { rememberPlacement } from "./placement.js";
import { watchStock } from "./stock.js";
import { localPath, words } from "./words.js";

rememberPlacement(location.search);
cart.showUnitCount();
showCartQuantities();
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
  showCartQuantities();
  const text = `${words.added}: ${quantity} × ${name}`;
  const link = h("a", { href: localPath("/keranjang/") }, words.to_cart);
  setChildren(query("[data-added]"), h("span", {}, text, note && h("small", {}, note)), link);
}

/** Shows on each card how many units of its product are in the cart. */
function showCartQuantities() {
  const quantities = new Map(cart.lines().map(({ sku, quantity }) => [sku, quantity]));
  for (const badge of queryAll("[data-in-cart]")) {
    const quantity = quantities.get(badge.dataset.inCart) ?? 0;
    badge.hidden = quantity === 0;
    const label = h("span", { class: "visually-hidden" }, ` ${words.in_cart}`);
    setChildren(badge, String(quantity), label);
  }
}

/** The search filters the cards of the page. The address keeps it, so that Back shows it again. */
function enableSearch() {
  const form = query("[data-search]");
  if (!form) return;
  const { q } = form.elements;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  q.addEventListener("input", () => {
    filterCards(q.value);
    writeSearchToAddress(q.value);
  });
  q.value = new URLSearchParams(location.search).get("q") ?? "";
  if (q.value) filterCards(q.value);
}

function writeSearchToAddress(search) {
  const url = new URL(location.href);
  if (search.trim()) url.searchParams.set("q", search);
  else url.searchParams.delete("q");
  history.replaceState(null, "", url);
  for (const link of queryAll(".chips a")) link.search = url.search; // keeps it in other categories
}

/** Shows the cards that match or, if none does, the categories that do. */
function filterCards(search) {
  const cards = queryAll("[data-find]");
  const groups = queryAll("[data-group]");
  for (const card of cards) card.hidden = !startsWords(card.dataset.find, search);
  const isByCategory = cards.every((card) => card.hidden);
  for (const group of groups) {
    if (isByCategory && startsWords(group.dataset.group, search))
      for (const card of queryAll("[data-find]", group)) card.hidden = false;
    group.hidden = !query(".card:not([hidden])", group);
    for (const count of queryAll("h2 small", group)) count.hidden = Boolean(search.trim());
  }
  query("[data-nothing]").hidden = groups.some((group) => !group.hidden);
}
