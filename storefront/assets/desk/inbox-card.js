// One item of the inbox: an offer with its answers, or a notice to acknowledge.
import { h } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { badge, button, cashToCollect, goodsList, joinTexts, linkButton } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { locationName } from "./reference-data.js";
import { callAsStaff, staff } from "./session.js";
import { kilometersText, timeText, whenText, words } from "./words.js";

/** `offer` is the offer's details, if loaded; `onChange` is called after an answer. */
export const inboxCard = (item, offer, onChange) =>
  item.kind === "offer" ? offerCard(item, offer || {}, onChange) : noticeCard(item, onChange);

const card = (item, isOpen, ...children) =>
  h("article", { class: isOpen ? "card open" : "card", "data-key": item.id }, ...children);

// A claimed offer is shown as the salesman's own until its order ends.
const LIVE_STATES = new Set(["open", "claimed"]);

function offerCard(item, offer, onChange) {
  const isYours = LIVE_STATES.has(item.state) && offer.status === "claimed_by_you";
  const status = isYours ? offer.status : item.state;
  const isOpen = status === "open";
  return card(
    item,
    isOpen,
    h("header", {}, h("h2", {}, words.notices.offer), badge(status)),
    h("p", { class: "facts" }, distance(item), isOpen ? expiry(item) : ""),
    goodsList(offer.lines || item.goods),
    cashToCollect(offer),
    isOpen ? answerButtons(item, onChange) : "",
    isYours && offer.fulfillment ? h("footer", {}, linkButton("#/work", words.tabs.work)) : "",
    h("small", {}, joinTexts(item.number, whenText(item.at))),
  );
}

const distance = ({ distance_meters: meters }) =>
  meters == null ? "" : interpolate(words.distance, { km: kilometersText(meters) });

const expiry = ({ until }) =>
  until ? h("b", {}, interpolate(words.until, { time: timeText(until) })) : "";

function answerButtons(item, onChange) {
  const answer = (verb) => (event) => runBusy(event.target, () => sendAnswer(item, verb, onChange));
  return h(
    "footer",
    {},
    button(words.actions.claim, answer("claim")),
    button(words.actions.decline, answer("decline"), "outline"),
  );
}

async function sendAnswer(item, verb, onChange) {
  try {
    await callAsStaff("POST", `/offers/${item.offer}/${verb}`);
    if (verb === "claim") location.hash = "#/work";
  } finally {
    await acknowledge(item).catch(() => null); // a failure only leaves the item in the badge
    onChange();
  }
}

const acknowledge = ({ id }) => callAsStaff("POST", `/inbox/${id}/ack`);

function noticeCard(item, onChange) {
  const isDone = Boolean(item.acknowledged_at) || item.settled;
  return card(
    item,
    !isDone,
    h(
      "header",
      {},
      h("h2", {}, words.notices[item.kind] || item.kind),
      item.state ? badge(item.state) : "",
    ),
    item.goods?.length ? goodsList(item.goods) : "",
    item.source ? sourceText(item) : "",
    h("footer", {}, subjectLink(item), isDone ? "" : acknowledgeButton(item, onChange)),
    h("small", {}, joinTexts(item.number, whenText(item.at), item.acknowledged_by)),
  );
}

const sourceText = ({ source }) =>
  h("p", {}, interpolate(words.stock.from, { place: locationName(source) }));

function acknowledgeButton(item, onChange) {
  const acknowledgeItem = async () => {
    await acknowledge(item);
    showToast(words.done);
    onChange();
  };
  const onclick = (event) => runBusy(event.target, acknowledgeItem);
  return button(words.actions.ack, onclick, "outline");
}

/** A link to the subject of a notice: the stock for a transfer; an order's work or page. */
function subjectLink({ transfer, order }) {
  if (transfer) return linkButton("#/stock", words.tabs.stock);
  if (["warehouse", "courier"].includes(staff.role)) return linkButton("#/work", words.tabs.work);
  return order ? linkButton(`#/orders/${order}`, words.order) : "";
}
