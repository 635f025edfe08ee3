// Sales whose answer never arrived. Each is shown whole and cannot be changed: it is sent again as
// it was, or discarded after the API was asked whether it had arrived.
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { forgetRequest } from "../common/sent-requests.js";
import { interpolate } from "../common/text.js";
import { addressText, button, goodsList, joinTexts } from "./elements.js";
import { problemText, runBusy, showToast } from "./feedback.js";
import { locationName } from "./reference-data.js";
import {
  requestsName,
  resultCard,
  sendSale,
  unansweredSales,
  withdrawSale,
} from "./sale-submit.js";
import { channelName, methodName, timeText, words } from "./words.js";

/** A list of the cards; `edit` receives the content of a refused sale that goes back to the form. */
export function unansweredCards(edit) {
  const list = h("div", {});
  setChildren(
    list,
    unansweredSales().map((request) => requestCard(request, edit)),
  );
  return list;
}

function requestCard(request, edit) {
  const card = h("article", { class: "card open unanswered", "data-key": request.key });
  const { sent_at, shown, refusal } = request;
  const title = interpolate(words.sell.unanswered_title, { time: timeText(sent_at) });
  const reason = refusal ? problemText({ facts: refusal, ...refusal }) : words.sell.unanswered;
  setChildren(
    card,
    h("header", {}, h("h2", {}, title)),
    h("p", { class: "warn", role: "alert" }, reason),
    goodsList(request.body.lines),
    h("p", { class: "contact" }, customerText(shown.sale)),
    h("p", { class: "facts" }, deliveryText(shown.sale)),
    shown.total ? h("p", { class: "cash" }, formatMoney(shown.total)) : "",
    h(
      "footer",
      {},
      refusal ? refusedButtons(request, card, edit) : unansweredButtons(request, card, edit),
    ),
  );
  return card;
}

const customerText = ({ fields: { name, phone } }) => joinTexts(name, phone) || "–";

function deliveryText({ fields }) {
  const places = {
    ship: () => addressText({ street: fields.street, postcode: fields.postcode }),
    pickup: () => locationName(fields.store),
  };
  const place = places[fields.method]?.();
  const names = [channelName(fields.channel), methodName(fields.method), place];
  return joinTexts(...names, methodName(fields.payment), fields.coupon);
}

function unansweredButtons(request, card, edit) {
  const act = (run) => (event) =>
    runBusy(event.target, async () => showOutcome(request, card, edit, await run(request)));
  return [
    button(words.sell.retry, act(sendSale)),
    button(words.sell.discard, act(withdrawSale), "outline"),
  ];
}

/** The sale was refused when it was sent again, so nothing has to be asked before it goes. */
function refusedButtons(request, card, edit) {
  const remove = () => {
    forgetRequest(requestsName(), request);
    card.remove();
  };
  const editSale = () => edit(request.shown.sale) && remove();
  return [button(words.sell.edit, editSale), button(words.sell.discard_refused, remove, "outline")];
}

/** Replaces the card by its outcome. Throws the problem of one that is still unanswered. */
function showOutcome(request, card, edit, { state, answer, problem }) {
  if (state === "unanswered") throw problem;
  if (state === "withdrawn") {
    card.remove();
    return showToast(words.sell.discarded);
  }
  if (state === "refused") {
    const refused = requestCard({ ...request, refusal: problem.facts }, edit);
    card.replaceWith(refused);
    return refused.querySelector("button").focus();
  }
  const close = button(words.close, () => result.remove());
  const result = resultCard(request, answer, close);
  card.replaceWith(result);
  close.focus();
}
