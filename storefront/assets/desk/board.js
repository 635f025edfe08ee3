// The board: exceptions that need a decision, each with the button that resolves it.
import { h } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { button, joinTexts, linkButton, mutedText } from "./elements.js";
import { runBusy, showLive, showToast } from "./feedback.js";
import { locationName } from "./reference-data.js";
import { callAsStaff } from "./session.js";
import { dayText, whenText, words } from "./words.js";

const REFRESH_SECONDS = 10;

// By kind of exception. A kind that is missing here cannot be resolved by one request.
const RESOLUTIONS = {
  returned_goods: ({ action }) => [action.method, action.path],
  stranded: ({ order }) => ["POST", `/orders/${order}/reroute`],
  without_work: ({ action }) => [action.method, action.path],
  expiring_transfer: ({ action }) => [action.method, action.path],
  unheard: ({ action }) => [action.method, action.path],
};
const LABELS = {
  returned_goods: words.board.send_again,
  stranded: words.board.reroute,
  without_work: words.board.reroute,
  expiring_transfer: words.confirm,
  unheard: words.actions.ack,
};

export function boardScreen(container) {
  const load = () => callAsStaff("GET", "/exceptions");
  const board = showLive(container, REFRESH_SECONDS, load, ({ items }) =>
    items.length
      ? items.map((exception) => exceptionCard(exception, () => board.reload()))
      : mutedText(words.board.calm),
  );
  return board.stop;
}

const exceptionCard = (exception, reload) =>
  h(
    "article",
    { class: "card open", "data-key": exceptionKey(exception) },
    h(
      "header",
      {},
      h("h2", {}, words.board[exception.kind] || exception.kind),
      h("small", {}, interpolate(words.board.since, { time: whenText(exception.since) })),
    ),
    h("p", { class: "facts" }, exceptionText(exception)),
    h(
      "footer",
      {},
      resolveButton(exception, reload),
      cancelButton(exception, reload),
      exception.order ? linkButton(`#/orders/${exception.order}`, words.order) : "",
    ),
  );

const exceptionKey = ({ kind, order, fulfillment, action }) =>
  [kind, fulfillment || order || action.path].join(" ");

const exceptionText = ({ number, location, on, status, transport, template }) =>
  joinTexts(
    number,
    locationName(location),
    dayText(on),
    words.states[status],
    words.transports[transport],
    words.notices[template],
  );

function resolveButton(exception, reload) {
  const { kind } = exception;
  if (!RESOLUTIONS[kind]) return "";
  return actionButton(LABELS[kind], () => callAsStaff(...RESOLUTIONS[kind](exception)), reload);
}

/** Cancels an order whose goods all came back, instead of sending them again. */
function cancelButton({ kind, alternative, reason }, reload) {
  if (kind !== "returned_goods" || !alternative) return "";
  const body = { reason: reason || words.board.returned_goods };
  const cancel = () => callAsStaff(alternative.method, alternative.path, { body });
  return actionButton(words.board.cancel, cancel, reload, "outline");
}

function actionButton(label, send, reload, kind = "") {
  const act = async () => {
    await send();
    showToast(words.done);
    reload();
  };
  return button(label, (event) => runBusy(event.target, act), kind);
}
