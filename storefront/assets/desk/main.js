// The frame of the desk: header, the tabs of the staff member's role, and the screen for the
// address. A screen fills its container and may return a function that stops it.
import { h, query, queryAll, setChildren } from "../common/dom.js";
import { boardScreen } from "./board.js";
import { customerScreen } from "./customer.js";
import { button, joinTexts, mutedText } from "./elements.js";
import { inboxScreen, watchInbox } from "./inbox.js";
import { ledgerScreen } from "./ledger.js";
import { orderScreen } from "./order.js";
import { ordersScreen } from "./orders.js";
import { recapScreen } from "./recap.js";
import { loadLocations, loadProducts, locationName } from "./reference-data.js";
import { sellScreen } from "./sell.js";
import { hasToken, loadStaff, signOut, staff, takeTokenFromLink } from "./session.js";
import { linkQuestion, logo, signInForm, startProblem } from "./sign-in.js";
import { stockScreen } from "./stock.js";
import { switchLanguage, words } from "./words.js";
import { workScreen } from "./work.js";

const TABS = {
  salesman: ["inbox", "work", "stock", "customer", "sell"],
  warehouse: ["inbox", "work", "stock"],
  courier: ["work", "inbox", "stock"],
  cashier: ["sell", "work", "stock", "customer", "inbox"],
  agent: ["sell", "customer", "orders", "inbox"],
  finance: ["inbox", "ledger", "orders", "customer"],
  owner: ["recap", "board", "orders", "sell", "stock", "inbox"],
};
const SCREENS = {
  inbox: inboxScreen,
  work: workScreen,
  stock: stockScreen,
  customer: customerScreen,
  sell: sellScreen,
  orders: ordersScreen,
  recap: recapScreen,
  board: boardScreen,
  ledger: ledgerScreen,
};

/** Screens of addresses such as `#/orders/ord_1`, for every role; the API checks the access. */
const ADDRESS_SCREENS = {
  orders: (container, id) => orderScreen(container, id),
  day: (container, day, channel) => ordersScreen(container, day, channel),
  fulfillments: (container, id) => orderScreen(container, orderIdOf(id)),
};

const desk = query("#desk");
const state = {
  stopScreen: () => {},
  unreadCount: 0, // open offers and notices to acknowledge
};

async function start() {
  try {
    await loadStaff();
    await loadLocations();
  } catch (problem) {
    return setChildren(desk, startProblem(problem));
  }
  setChildren(desk, header(), h("main", { id: "screen", tabindex: "-1" }), tabs());
  loadProducts().then(openScreen, openScreen); // without products, screens show SKUs
  addEventListener("hashchange", openScreen);
  watchInbox(showUnread);
}

function header() {
  const role = joinTexts(words.roles[staff.role] || staff.role, locationName(staff.location));
  return h(
    "header",
    { class: "head" },
    h("h1", { id: "title", class: "hidden-title" }),
    logo(36),
    h("div", {}, h("b", {}, staff.name || staff.id), h("small", {}, role)),
    h(
      "span",
      {},
      button(words.other_language, switchLanguage, "plain"),
      button(words.sign_out, signOut, "plain"),
    ),
  );
}

const tabNames = () => TABS[staff.role] || ["inbox"];

const tabs = () => h("nav", { class: "tabs", "aria-label": words.title }, tabNames().map(tab));

const tab = (name) =>
  h(
    "a",
    { href: `#/${name}`, "data-tab": name },
    h("span", {}, words.tabs[name]),
    name === "inbox" ? h("b", { "data-unread": "", hidden: true }) : "",
  );

const addressParts = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

function openScreen() {
  state.stopScreen();
  const [name, id, detail] = addressParts();
  const container = setChildren(query("#screen"), mutedText(words.loading));
  showTitle();
  for (const link of queryAll("[data-tab]"))
    markCurrent(link, link.dataset.tab === (name || tabNames()[0]));
  state.stopScreen = screenFor(name, id)(container, id, detail) || (() => {});
  scrollTo(0, 0);
  if (document.activeElement === document.body) container.focus();
}

function markCurrent(link, isCurrent) {
  if (isCurrent) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

function screenFor(name, id) {
  if (id && Object.hasOwn(ADDRESS_SCREENS, name)) return ADDRESS_SCREENS[name];
  return SCREENS[tabNames().includes(name) ? name : tabNames()[0]];
}

/** The order of a fulfillment: `ful_01KB-1` belongs to `ord_01KB`. */
const orderIdOf = (id) => `ord_${id.slice(id.indexOf("_") + 1, id.lastIndexOf("-"))}`;

function showUnread(count) {
  for (const badge of queryAll("[data-unread]")) {
    badge.textContent = count;
    badge.hidden = !count;
  }
  state.unreadCount = count;
  showTitle();
}

function showTitle() {
  const name = addressParts()[0] || tabNames()[0];
  const count = state.unreadCount ? `(${state.unreadCount}) ` : "";
  const title = words.tabs[name] || words.order;
  document.title = `${count}${title} — ${words.title}`;
  query("#title").textContent = title;
}

// At the end of the file, because `start` needs the constants above.
const question = await takeTokenFromLink();
if (question) setChildren(desk, linkQuestion(question.token, question.name, question.current));
else if (hasToken()) start();
else setChildren(desk, signInForm(words.sign_in_text));
