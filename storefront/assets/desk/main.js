// The frame of the desk: who is here, which screens their role has, and the one that is open.
import { all, fill, h, one } from "../common/dom.js";
import { board } from "./board.js";
import { customer } from "./customer.js";
import { inbox, watchInbox } from "./inbox.js";
import { ledger } from "./ledger.js";
import { learnWhoIAm, me, signedIn, signIn, signOut, takeToken } from "./me.js";
import { learnPlaces, learnProducts, placeOf } from "./names.js";
import { order, orders } from "./orders.js";
import { button, explain, joined, quiet, submit } from "./parts.js";
import { recap } from "./recap.js";
import { sell } from "./sell.js";
import { stock } from "./stock.js";
import { otherLanguage, words } from "./words.js";
import { work } from "./work.js";

const TABS = {
  salesman: ["inbox", "work", "stock", "customer", "sell"],
  warehouse: ["inbox", "work", "stock"],
  courier: ["work", "inbox", "stock"],
  cashier: ["sell", "work", "stock", "customer", "inbox"],
  agent: ["sell", "customer", "orders", "inbox"],
  finance: ["inbox", "ledger", "orders", "customer"],
  owner: ["recap", "board", "orders", "sell", "stock", "inbox"],
};
const SCREENS = { inbox, work, stock, customer, sell, orders, recap, board, ledger };

/** Screens that an address opens for every role; the API decides who may see what. */
const BY_ADDRESS = {
  orders: (place, id) => order(place, id),
  day: (place, day, channel) => orders(place, day, channel),
  fulfillments: (place, id) => order(place, orderIdOf(id)),
};

const desk = one("#desk");
const state = { leave: () => {}, unseen: 0 }; // how to leave the open screen; unseen notices

async function start() {
  try {
    await learnWhoIAm();
    await learnPlaces();
  } catch (problem) {
    return fill(desk, notStarted(problem));
  }
  fill(desk, head(), h("main", { id: "screen", tabindex: "-1" }), tabs());
  learnProducts().then(open, open);
  addEventListener("hashchange", open);
  watchInbox(showUnseen);
}

function notStarted(problem) {
  if ([401, 403].includes(problem.status)) return gate(words.signed_out);
  const again = button(words.again, () => location.reload());
  return h("main", { class: "gate" }, h("p", {}, explain(problem)), again);
}

function gate(text) {
  const token = h("input", {
    name: "token",
    required: true,
    autocomplete: "off",
    spellcheck: "false",
  });
  const enter = (event) => {
    event.preventDefault();
    signIn(token.value);
  };
  return h(
    "main",
    { class: "gate" },
    mark(56),
    h("h1", {}, words.title),
    h("p", {}, text),
    h("form", { onsubmit: enter }, h("label", {}, words.token, token), submit(words.sign_in)),
  );
}

const mark = (size) => h("img", { src: "/favicon.svg", alt: "", width: size, height: size });

function head() {
  const role = joined(words.roles[me.role] || me.role, placeOf(me.location));
  return h(
    "header",
    { class: "head" },
    mark(36),
    h("div", {}, h("b", {}, me.name || me.id), h("small", {}, role)),
    h(
      "span",
      {},
      button(words.other_language, otherLanguage, "plain"),
      button(words.sign_out, signOut, "plain"),
    ),
  );
}

const myTabs = () => TABS[me.role] || ["inbox"];

const tabs = () => h("nav", { class: "tabs", "aria-label": words.title }, myTabs().map(tab));

const tab = (name) =>
  h(
    "a",
    { href: `#/${name}`, "data-tab": name },
    h("span", {}, words.tabs[name]),
    name === "inbox" ? h("b", { "data-unseen": "", hidden: true }) : "",
  );

const addressParts = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

function open() {
  state.leave();
  const [name, id, more] = addressParts();
  const place = fill(one("#screen"), quiet(words.loading));
  showTitle();
  for (const link of all("[data-tab]"))
    link.toggleAttribute("aria-current", link.dataset.tab === (name || myTabs()[0]));
  state.leave = screenOf(name, id)(place, id, more) || (() => {});
  scrollTo(0, 0);
}

function screenOf(name, id) {
  if (id && Object.hasOwn(BY_ADDRESS, name)) return BY_ADDRESS[name];
  return SCREENS[myTabs().includes(name) ? name : myTabs()[0]];
}

/** A fulfillment's id holds that of its order. */
const orderIdOf = (id) => `ord_${id.slice(id.indexOf("_") + 1, id.lastIndexOf("-"))}`;

function showUnseen(count) {
  for (const place of all("[data-unseen]")) {
    place.textContent = count;
    place.hidden = !count;
  }
  state.unseen = count;
  showTitle();
}

function showTitle() {
  const name = addressParts()[0] || myTabs()[0];
  const count = state.unseen ? `(${state.unseen}) ` : "";
  document.title = `${count}${words.tabs[name] || words.order} — ${words.title}`;
}

// Last in the file, because it runs at once and needs every constant above.
takeToken();
if (signedIn()) start();
else fill(desk, gate(words.sign_in_text));
