// The board: exceptions that need a decision, each with the button that resolves it.
import { newIdempotencyKey } from "../common/api.js";
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { button, joinTexts, linkButton, mutedText, submitButton } from "./elements.js";
import { runBusy, showLive, showToast } from "./feedback.js";
import { field } from "./form-fields.js";
import { locationName } from "./reference-data.js";
import { callAsStaff } from "./session.js";
import { dayText, whenText, words } from "./words.js";

const REFRESH_SECONDS = 10;
const REASON_LIMITS = { name: "reason", required: true, minlength: 2, maxlength: 200 };

const actionOf = ({ action }) => action;

// By kind of exception. A kind that is missing here cannot be resolved by one request.
const RESOLUTIONS = {
  returned_goods: actionOf,
  stranded: ({ order }) => ({ method: "POST", path: `/orders/${order}/reroute` }),
  without_work: actionOf,
  expiring_transfer: actionOf,
  unheard: actionOf,
  refund_owed: actionOf,
  cash_due: actionOf,
};
// The action that gives the goods up, by kind.
const CANCELLATIONS = {
  returned_goods: ({ alternative }) => alternative,
  stranded: actionOf,
  late_goods: actionOf,
};
const LABELS = {
  returned_goods: words.board.send_again,
  stranded: words.board.reroute,
  without_work: words.board.reroute,
  expiring_transfer: words.confirm,
  unheard: words.actions.ack,
  refund_owed: words.board.refunded,
  cash_due: words.board.cash_taken,
};

export function boardScreen(container) {
  const load = () => callAsStaff("GET", "/exceptions");
  const board = showLive(container, REFRESH_SECONDS, load, ({ items, more = [] }) =>
    items.length
      ? [
          ...items.map((exception) => exceptionCard(exception, () => board.reload())),
          moreText(more),
        ]
      : mutedText(words.board.calm),
  );
  return board.stop;
}

const moreText = (kinds) =>
  kinds.length
    ? mutedText(interpolate(words.board.more, { kinds: kinds.map(kindName).join(", ") }))
    : "";

const kindName = (kind) => words.board[kind] || kind;

const exceptionCard = (exception, reload) =>
  h(
    "article",
    { class: "card open", "data-key": exceptionKey(exception) },
    h(
      "header",
      {},
      h("h2", {}, kindName(exception.kind)),
      h("small", {}, interpolate(words.board.since, { time: whenText(exception.since) })),
    ),
    h("p", { class: "facts" }, exceptionText(exception)),
    h(
      "footer",
      {},
      resolveButton(exception, reload),
      cancelButtons(exception, reload),
      exception.order ? linkButton(`#/orders/${exception.order}`, words.order) : "",
    ),
  );

const exceptionKey = ({ kind, order, fulfillment, action }) =>
  [kind, fulfillment || order || action.path].join(" ");

const exceptionText = ({ number, location, on, status, transport, template, owed, reason }) =>
  joinTexts(
    number,
    owed ? formatMoney(owed) : "",
    locationName(location),
    dayText(on),
    words.states[status],
    words.transports[transport],
    words.notices[template],
    reason,
  );

function resolveButton(exception, reload) {
  const { kind } = exception;
  if (!RESOLUTIONS[kind]) return "";
  return actionButton(LABELS[kind], sender(RESOLUTIONS[kind](exception)), reload);
}

/** Cancels the order, or the goods in question while other parts of it are elsewhere. */
function cancelButtons(exception, reload) {
  const action = CANCELLATIONS[exception.kind]?.(exception);
  if (!action) return "";
  const label = action.body?.lines ? words.board.cancel_part : words.board.cancel;
  const dialog = cancelDialog(label, sender(action), reload);
  return [button(label, () => dialog.showModal(), "outline"), dialog];
}

/** Cancelling cannot be undone, so it asks for the reason first, as the order's own page does. */
function cancelDialog(label, send, reload) {
  const reason = field(words.reason, REASON_LIMITS);
  const back = button(words.back, () => dialog.close(), "secondary");
  const form = h("form", {}, h("h2", {}, label), reason, submitButton(label), back);
  const cancel = async () => {
    await send({ reason: form.elements.reason.value.trim() });
    dialog.close();
    showToast(words.done);
    reload();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    runBusy(event.submitter, cancel);
  });
  const dialog = h("dialog", {}, h("article", {}, form));
  return dialog;
}

/** Sends the action with one key, however often its button is used. */
function sender({ method, path, body }) {
  const key = newIdempotencyKey();
  return (fields = {}) => {
    const sent = { ...body, ...fields };
    const options = Object.keys(sent).length ? { body: sent, key } : { key };
    return callAsStaff(method, path, options);
  };
}

function actionButton(label, send, reload) {
  const act = async () => {
    await send();
    showToast(words.done);
    reload();
  };
  return button(label, (event) => runBusy(event.target, act));
}
