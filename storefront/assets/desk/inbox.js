// Offers, tasks and notices, asked for every few seconds while the page is visible. One request
// serves the badge and the screen.
import { h, whileWatched } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { ask, me } from "./me.js";
import { placeOf } from "./names.js";
import {
  badge,
  button,
  cash,
  doing,
  explain,
  goods,
  joined,
  linkButton,
  quiet,
  steady,
  tell,
} from "./parts.js";
import { position } from "./position.js";
import { kilometers, timeText, whenText, words } from "./words.js";

const EVERY_SECONDS = 4;
const OFFERS_AT_ONCE = 10;

const state = {
  items: null, // not asked for yet
  offers: new Map(), // details of an offer by its id; its notice only names it
  screens: new Set(), // draw functions of open screens
  renew: () => {},
};

export function watchInbox(showUnseen) {
  state.renew = whileWatched(EVERY_SECONDS, async () => {
    try {
      state.items = (await ask("GET", "/inbox?limit=50")).items;
    } catch {
      return; // the next turn asks again
    }
    await loadOffers();
    showUnseen(state.items.filter(isUnseen).length);
    for (const draw of state.screens) draw(facts());
  });
}

const isUnseen = (item) => (item.kind === "offer" ? item.state === "open" : !item.acknowledged_at);

const facts = () => ({ items: state.items, offers: [...state.offers] });

async function loadOffers() {
  const changed = state.items.filter(
    ({ kind, offer, state: seen }) =>
      kind === "offer" && offer && state.offers.get(offer)?.seen !== seen,
  );
  await Promise.all(changed.slice(0, OFFERS_AT_ONCE).map(loadOffer));
}

async function loadOffer({ offer, state: seen }) {
  try {
    state.offers.set(offer, { seen, ...(await ask("GET", `/offers/${offer}`)) });
  } catch (problem) {
    state.offers.set(offer, { seen, problem: explain(problem) });
  }
}

export function inbox(place) {
  const list = h("div", {}, quiet(words.loading));
  place.replaceChildren(...(me.role === "salesman" && me.location ? [position(), list] : [list]));
  const draw = steady(list, ({ items }) =>
    items.length ? items.map(cardOf) : quiet(words.empty.inbox),
  );
  state.screens.add(draw);
  if (state.items) draw(facts());
  return () => state.screens.delete(draw);
}

const cardOf = (item) => (item.kind === "offer" ? offerCard(item) : noticeCard(item));

const card = (isOpen, ...children) =>
  h("article", { class: isOpen ? "card open" : "card" }, ...children);

function offerCard(item) {
  const offer = state.offers.get(item.offer) || {};
  const status = offer.status === "claimed_by_you" ? offer.status : item.state;
  const isOpen = status === "open";
  return card(
    isOpen,
    h("header", {}, h("h2", {}, words.notices.offer), badge(status)),
    h("p", { class: "facts" }, distance(item), isOpen ? until(item) : ""),
    goods(offer.lines || item.goods),
    cash(offer),
    isOpen ? answers(item) : "",
    offer.fulfillment ? h("footer", {}, linkButton("#/work", words.tabs.work)) : "",
    h("small", {}, joined(item.number, whenText(item.at))),
  );
}

const distance = ({ distance_meters: meters }) =>
  meters == null ? "" : interpolate(words.distance, { km: kilometers(meters) });

const until = (item) =>
  item.until ? h("b", {}, interpolate(words.until, { time: timeText(item.until) })) : "";

const answers = (item) =>
  h(
    "footer",
    {},
    button(words.actions.claim, (event) => answer(event.target, item, "claim")),
    button(words.actions.decline, (event) => answer(event.target, item, "decline"), "outline"),
  );

const answer = (control, item, verb) =>
  doing(control, async () => {
    try {
      await ask("POST", `/offers/${item.offer}/${verb}`);
      if (verb === "claim") location.hash = "#/work";
    } finally {
      state.offers.delete(item.offer);
      await acknowledge(item).catch(() => null); // answered is seen; the badge may be late
      state.renew();
    }
  });

const acknowledge = (item) => ask("POST", `/inbox/${item.id}/ack`);

function noticeCard(item) {
  const seen = (event) =>
    doing(event.target, async () => {
      await acknowledge(item);
      tell(words.done);
      state.renew();
    });
  const isSeen = Boolean(item.acknowledged_at);
  return card(
    !isSeen,
    h(
      "header",
      {},
      h("h2", {}, words.notices[item.kind] || item.kind),
      item.state ? badge(item.state) : "",
    ),
    item.goods?.length ? goods(item.goods) : "",
    item.source ? h("p", {}, interpolate(words.stock.from, { place: placeOf(item.source) })) : "",
    h("footer", {}, linkOf(item), isSeen ? "" : button(words.actions.ack, seen, "outline")),
    h("small", {}, joined(item.number, whenText(item.at), item.acknowledged_by)),
  );
}

/** Where the notice leads: a transfer to the stock, an order to its work or its page. */
function linkOf({ transfer, order }) {
  if (transfer) return linkButton("#/stock", words.tabs.stock);
  if (["warehouse", "courier"].includes(me.role)) return linkButton("#/work", words.tabs.work);
  return order ? linkButton(`#/orders/${order}`, words.order) : "";
}
