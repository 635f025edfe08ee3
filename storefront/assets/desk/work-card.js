// One fulfillment with its goods, its customer and the buttons of its next steps.
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { addressText, badge, button, cashToCollect, goodsList } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { locationName } from "./reference-data.js";
import { callAsStaff, staff } from "./session.js";
import { channelName, dayText, methodName, whenText, words } from "./words.js";
import { awaitsPayment, booksCash, canReject, nextSteps } from "./work-steps.js";

const REJECTION_REASONS = ["not_found", "damaged", "closed", "too_busy"];

/** `refresh` is called after a step. */
export function workCard(fulfillment, refresh) {
  const dialog = rejectionDialog(fulfillment, refresh);
  const cashDialog = cashConfirmation(fulfillment, refresh);
  const { note } = fulfillment;
  return h(
    "article",
    { class: "card open", "data-key": fulfillment.id },
    h("header", {}, h("h2", {}, fulfillment.number), badge(fulfillment.status)),
    goodsList(fulfillment.lines),
    h("p", { class: "facts" }, originText(fulfillment)),
    warnings(fulfillment),
    cashToCollect(fulfillment),
    contact(fulfillment),
    note ? h("p", {}, h("b", {}, `${words.note}: `), note) : "",
    h(
      "footer",
      {},
      stepButtons(fulfillment, refresh, cashDialog),
      canReject(fulfillment, staff.role) ? rejectButton(dialog) : "",
    ),
    assignment(fulfillment),
    dialog,
    cashDialog,
  );
}

const originText = ({ method, channel }) => `${methodName(method)} · ${channelName(channel)}`;

const assignment = ({ assigned_at, order_id, location }) =>
  h(
    "small",
    {},
    whenText(assigned_at),
    " · ",
    h("a", { href: `#/orders/${order_id}` }, words.order),
    " · ",
    locationName(location),
  );

function warnings({ expected_on, pays_first }) {
  const arrival = expected_on && interpolate(words.stock.arrives, { day: dayText(expected_on) });
  const payment = pays_first && words.paid_first;
  return [arrival, payment].filter(Boolean).map((text) => h("p", { class: "warn" }, text));
}

function contact({ customer, address }) {
  if (!customer && !address) return "";
  return h(
    "p",
    { class: "contact" },
    customer?.name ? h("b", {}, customer.name) : "",
    customer?.phone ? h("a", { href: `tel:${customer.phone}` }, words.call) : "",
    address ? h("span", {}, addressText(address)) : "",
  );
}

const stepButtons = (fulfillment, refresh, cashDialog) =>
  nextSteps(fulfillment, staff.role).map((step, index) => {
    const take = (event) => runBusy(event.target, () => takeStep(fulfillment, step, refresh));
    const onclick = booksCash(fulfillment, step) ? () => cashDialog.showModal() : take;
    const control = button(words.actions[step], onclick, index ? "outline" : "");
    control.disabled = awaitsPayment(fulfillment, step); // `warnings` shows the reason
    return control;
  });

/** The step books money that cannot be taken back by another button, so it asks for the amount. */
function cashConfirmation(fulfillment, refresh) {
  const step = nextSteps(fulfillment, staff.role).find((name) => booksCash(fulfillment, name));
  if (!step) return "";
  const amount = formatMoney(fulfillment.cash_to_collect);
  const take = (event) =>
    runBusy(event.target, async () => {
      await takeStep(fulfillment, step, () => dialog.close());
      showToast(interpolate(words.work.cash_booked, { amount }));
      refresh();
    });
  const confirm = button(interpolate(words.work.cash_received, { amount }), take);
  const back = button(words.back, () => dialog.close(), "secondary");
  const title = h("h2", {}, interpolate(words.work.confirm_cash, { amount }));
  const dialog = h("dialog", {}, h("article", {}, title, confirm, back));
  return dialog;
}

// Steps whose request differs from `POST /fulfillments/{id}/{step}` without a body.
const STEP_REQUESTS = {
  fail: ["fail", { reason: words.actions.fail }],
  back: ["fail", { reason: words.actions.back, back: true }],
};

async function takeStep({ id }, step, refresh) {
  const [verb, body] = STEP_REQUESTS[step] ?? [step, undefined];
  try {
    await callAsStaff("POST", `/fulfillments/${id}/${verb}`, { body });
  } finally {
    refresh();
  }
}

const rejectButton = (dialog) => button(words.actions.reject, () => dialog.showModal(), "outline");

function rejectionDialog({ id }, refresh) {
  const reject = (reason) => (event) =>
    runBusy(event.target, async () => {
      await callAsStaff("POST", `/fulfillments/${id}/reject`, { body: { reason } });
      dialog.close();
      refresh();
    });
  const reasons = REJECTION_REASONS.map((reason) =>
    button(words.reasons[reason], reject(reason), "outline"),
  );
  const back = button(words.back, () => dialog.close(), "secondary");
  const title = h("h2", {}, words.actions.reject);
  const dialog = h("dialog", {}, h("article", {}, title, reasons, back));
  return dialog;
}
