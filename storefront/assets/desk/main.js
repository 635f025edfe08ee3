// The frame of the desk: who is here, which screens his role has, and the one that is open.
import { fill, h, one } from "../common/dom.js";
import { board } from "./board.js";
import { customer } from "./customer.js";
import { inbox, watchInbox } from "./inbox.js";
import { ledger } from "./ledger.js";
import { learnWhoIAm, me, signedIn, signIn, signOut, takeToken } from "./me.js";
import { learnPlaces, learnProducts, placeOf } from "./names.js";
import { order, orders } from "./orders.js";
import { button, explain, quiet } from "./parts.js";
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
const desk = one("#desk");
let leave = () => {};
let unseen = 0;

takeToken();
if (signedIn()) start();
else fill(desk, gate(words.sign_in_text));

async function start() {
  try {
    await learnWhoIAm();
    await learnPlaces();
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) return fill(desk, gate(words.signed_out));
    return fill(desk, h("main", { class: "gate" }, h("p", {}, explain(problem)), button(words.again, () => location.reload())));
  }
  fill(desk, head(), h("main", { id: "screen", tabindex: "-1" }), tabs());
  learnProducts().then(open, open);
  addEventListener("hashchange", open);
  watchInbox(showUnseen);
}

function gate(text) {
  const token = h("input", { name: "token", required: true, autocomplete: "off", spellcheck: "false" });
  const form = h("form", { onsubmit: (event) => (event.preventDefault(), signIn(token.value)) }, h("label", {}, words.token, token), h("button", { type: "submit" }, words.sign_in));
  return h("main", { class: "gate" }, h("img", { src: "/favicon.svg", alt: "", width: 56, height: 56 }), h("h1", {}, words.title), h("p", {}, text), form);
}

function head() {
  const who = h("div", {}, h("b", {}, me.name || me.id), h("small", {}, [words.roles[me.role] || me.role, placeOf(me.location)].filter(Boolean).join(" · ")));
  return h("header", { class: "head" }, h("img", { src: "/favicon.svg", alt: "", width: 36, height: 36 }), who, h("span", {}, button(words.other_language, otherLanguage, "plain"), button(words.sign_out, signOut, "plain")));
}

function tabs() {
  return h("nav", { class: "tabs", "aria-label": words.title }, (TABS[me.role] || ["inbox"]).map((name) => h("a", { href: `#/${name}`, "data-tab": name }, h("span", {}, words.tabs[name]), name === "inbox" ? h("b", { "data-unseen": "", hidden: true }) : "")));
}

function open() {
  leave();
  const mine = TABS[me.role] || ["inbox"];
  const [name, id, more] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const place = fill(one("#screen"), quiet(words.loading));
  title();
  for (const tab of document.querySelectorAll("[data-tab]")) tab.toggleAttribute("aria-current", tab.dataset.tab === (name || mine[0]));
  const opened = name === "orders" && id ? order(place, id) : name === "day" && id ? orders(place, id, more) : name === "fulfillments" && id ? order(place, orderOf(id)) : (mine.includes(name) ? SCREENS[name] : SCREENS[mine[0]])(place, id);
  leave = opened || (() => {});
  scrollTo(0, 0);
}

/** A fulfillment's id leads to its order. */
const orderOf = (id) => "ord_" + id.slice(id.indexOf("_") + 1, id.lastIndexOf("-"));

function showUnseen(count) {
  for (const place of document.querySelectorAll("[data-unseen]")) {
    place.textContent = count;
    place.hidden = !count;
  }
  unseen = count;
  title();
}

function title() {
  const name = location.hash.replace(/^#\/?/, "").split("/")[0] || (TABS[me.role] || ["inbox"])[0];
  document.title = `${unseen ? `(${unseen}) ` : ""}${words.tabs[name] || words.order} — ${words.title}`;
}
