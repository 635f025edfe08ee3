// Offers, tasks and notices. Asked for every few seconds while somebody looks; one question serves the badge and the screen.
import { h, say, whileWatched } from "../common/dom.js";
import { ask, me } from "./me.js";
import { badge, button, cash, doing, explain, goods, quiet, steady, tell } from "./parts.js";
import { placeOf } from "./names.js";
import { position } from "./position.js";
import { kilometers, timeText, whenText, words } from "./words.js";

const EVERY_SECONDS = 4;
const listeners = new Set();
const offers = new Map(); // details of an offer, which its notice only names
let items;
let renew = () => {};

export function watchInbox(showUnseen) {
  renew = whileWatched(EVERY_SECONDS, async () => {
    try {
      items = (await ask("GET", "/inbox?limit=50")).items;
    } catch {
      return; // the next turn asks again
    }
    await learnOffers();
    showUnseen(items.filter(waits).length);
    for (const show of listeners) show(facts());
  });
}

const waits = (item) => (item.kind === "offer" ? item.state === "open" : !item.acknowledged_at);
const facts = () => ({ items, offers: [...offers] });

async function learnOffers() {
  const unknown = items.filter((item) => item.kind === "offer" && item.offer && offers.get(item.offer)?.seen !== item.state);
  await Promise.all(unknown.slice(0, 10).map(async (item) => {
    try {
      offers.set(item.offer, { seen: item.state, ...(await ask("GET", `/offers/${item.offer}`)) });
    } catch (problem) {
      offers.set(item.offer, { seen: item.state, problem: explain(problem) });
    }
  }));
}

export function inbox(place) {
  const list = h("div", {}, quiet(words.loading));
  place.replaceChildren(...(me.role === "salesman" && me.location ? [position(), list] : [list]));
  const show = steady(list, (facts) => (facts.items.length ? facts.items.map((item) => (item.kind === "offer" ? offer(item) : notice(item))) : quiet(words.empty.inbox)));
  listeners.add(show);
  if (items) show(facts());
  return () => listeners.delete(show);
}

function offer(item) {
  const told = offers.get(item.offer) || {};
  const state = told.status === "claimed_by_you" ? told.status : item.state;
  const open = state === "open";
  return h(
    "article",
    { class: open ? "card open" : "card" },
    h("header", {}, h("h2", {}, words.notices.offer), badge(state)),
    h("p", { class: "facts" }, item.distance_meters == null ? "" : say(words.distance, { km: kilometers(item.distance_meters) }), open && item.until ? h("b", {}, say(words.until, { time: timeText(item.until) })) : ""),
    goods(told.lines || item.goods),
    cash(told),
    open ? h("footer", {}, button(words.actions.claim, (event) => answer(event.target, item, "claim")), button(words.actions.decline, (event) => answer(event.target, item, "decline"), "outline")) : "",
    told.fulfillment ? h("footer", {}, h("a", { href: "#/work", role: "button", class: "outline" }, words.tabs.work)) : "",
    h("small", {}, [item.number, whenText(item.at)].filter(Boolean).join(" · ")),
  );
}

async function answer(control, item, verb) {
  await doing(control, async () => {
    try {
      await ask("POST", `/offers/${item.offer}/${verb}`);
      if (verb === "claim") location.hash = "#/work";
    } finally {
      offers.delete(item.offer);
      await seen(item);
      renew();
    }
  });
}

/** Answering an offer is having seen it; that this may fail matters to nobody. */
const seen = (item) => ask("POST", `/inbox/${item.id}/ack`).catch(() => null);

function notice(item) {
  const link = me.role === "warehouse" || me.role === "courier" ? "#/work" : item.order ? `#/orders/${item.order}` : item.transfer ? "#/stock" : "";
  return h(
    "article",
    { class: item.acknowledged_at ? "card" : "card open" },
    h("header", {}, h("h2", {}, words.notices[item.kind] || item.kind), item.state ? badge(item.state) : ""),
    item.goods?.length ? goods(item.goods) : "",
    item.source ? h("p", {}, say(words.stock.from, { place: placeOf(item.source) })) : "",
    h("footer", {}, link ? h("a", { href: item.transfer ? "#/stock" : link, role: "button", class: "outline" }, item.transfer ? words.tabs.stock : link === "#/work" ? words.tabs.work : words.order) : "", item.acknowledged_at ? "" : button(words.actions.ack, (event) => acknowledge(event.target, item), "outline")),
    h("small", {}, [item.number, whenText(item.at)].filter(Boolean).join(" · "), item.acknowledged_by ? ` · ${item.acknowledged_by}` : ""),
  );
}

const acknowledge = (control, item) =>
  doing(control, async () => {
    await ask("POST", `/inbox/${item.id}/ack`);
    tell(words.done);
    renew();
  });
