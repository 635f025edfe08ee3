// The inbox: offers of work and notices. One request every few seconds, while the page is visible,
// serves both the badge in the tabs and the open screen.
import { h, pollWhileVisible, setChildren } from "../common/dom.js";
import { mutedText } from "./elements.js";
import { drawOnChange, problemText } from "./feedback.js";
import { inboxCard } from "./inbox-card.js";
import { position } from "./position.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const REFRESH_SECONDS = 4;
const MAX_OFFERS_PER_REFRESH = 10;

const state = {
  items: null, // null until the first response
  offers: new Map(), // details by offer id, which the items of the inbox do not contain
  screens: new Set(), // draw functions of the open screens
  refresh: () => {},
};

/** Starts polling. `showUnread` receives the number of unread items after each response. */
export function watchInbox(showUnread) {
  state.refresh = pollWhileVisible(REFRESH_SECONDS, async () => {
    try {
      state.items = (await callAsStaff("GET", "/inbox?limit=50")).items;
    } catch {
      return; // the next refresh tries again
    }
    await loadChangedOffers();
    showUnread(state.items.filter(isUnread).length);
    for (const draw of state.screens) draw(snapshot());
  });
}

const isUnread = ({ acknowledged_at, settled }) => !acknowledged_at && !settled;

const snapshot = () => ({ items: state.items, offers: [...state.offers] });

async function loadChangedOffers() {
  const changed = state.items.filter(
    (item) =>
      item.kind === "offer" &&
      item.offer &&
      state.offers.get(item.offer)?.loadedState !== item.state,
  );
  await Promise.all(changed.slice(0, MAX_OFFERS_PER_REFRESH).map(loadOffer));
}

async function loadOffer({ offer: id, state: loadedState }) {
  try {
    state.offers.set(id, { loadedState, ...(await callAsStaff("GET", `/offers/${id}`)) });
  } catch (problem) {
    state.offers.set(id, { loadedState, problem: problemText(problem) });
  }
}

export function inboxScreen(container) {
  const list = h("div", {}, mutedText(words.loading));
  const hasVan = staff.role === "salesman" && staff.location;
  setChildren(container, hasVan ? position() : "", list);
  const draw = drawOnChange(list, ({ items }) =>
    items.length ? items.map(card) : mutedText(words.empty.inbox),
  );
  state.screens.add(draw);
  if (state.items) draw(snapshot());
  return () => state.screens.delete(draw);
}

const card = (item) =>
  inboxCard(item, state.offers.get(item.offer), () => {
    if (item.kind === "offer") state.offers.delete(item.offer); // its details changed
    state.refresh();
  });
