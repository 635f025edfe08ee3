// The payments of an order: the choice of a method, the instructions for a bank transfer and the
// form for its proof. `postChange(path, body)` sends a change and redraws the page.
import { h } from "../common/dom.js";
import { showError } from "../common/field-error.js";
import { formatMoney, toDecimal } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { encodeReceipt } from "./receipt.js";
import { whenText, words } from "./words.js";

export function paymentSections(order, postChange) {
  if (order.status === "cancelled") return "";
  const isPickup = order.delivery?.method === "pickup";
  return (order.payments || []).map((payment) => paymentSection(payment, isPickup, postChange));
}

const DRAFT_METHODS = ["transfer", "cod"]; // cash and credit need staff

/** The form in which a customer chooses how to pay a draft, which places the order. */
export function paymentChoice(order, postChange) {
  const submit = async (event) => {
    event.preventDefault();
    const { target, submitter } = event;
    submitter.disabled = true;
    await postChange(`/orders/${encodeURIComponent(order.id)}/payments`, {
      method: new FormData(target).get("method"),
    });
    submitter.disabled = false;
  };
  return h(
    "form",
    { class: "pay", onsubmit: submit },
    h("h2", {}, words.draft_choose),
    h("div", { class: "choices" }, DRAFT_METHODS.map(methodChoice)),
    h("button", { type: "submit" }, `${words.draft_place} · ${formatMoney(order.total)}`),
  );
}

const methodChoice = (method) =>
  h(
    "label",
    {},
    h("input", { type: "radio", name: "method", value: method, required: true }),
    h("span", {}, h("b", {}, words.methods[method])),
  );

function paymentSection(payment, isPickup, postChange) {
  const method = isPickup && payment.method === "cod" ? "cod_pickup" : payment.method;
  const state = words.payment_states[payment.status] || payment.status;
  const header = h(
    "header",
    {},
    h("h2", {}, words.methods[method] || method),
    h("span", { class: "badge", "data-state": payment.status }, state),
  );
  return h("section", { class: "pay" }, header, nextAction(payment, postChange));
}

function nextAction(payment, postChange) {
  if (payment.status === "proof_submitted") return sentProof(payment, postChange);
  if (payment.method === "cod" && payment.status === "due")
    return h("p", {}, interpolate(words.cod_amount, { amount: formatMoney(payment.amount) }));
  if (payment.action?.kind !== "instructions") return "";
  return [transferInstructions(payment), proofForm(payment, postChange)];
}

function transferInstructions({ action, amount: paymentAmount }) {
  const amount = action.amount || paymentAmount;
  const { account, reference } = action;
  const title = action.expires_at
    ? interpolate(words.transfer_title, { time: whenText(action.expires_at) })
    : words.transfer_title_plain;
  const steps = h(
    "dl",
    { class: "transfer" },
    instruction(words.transfer_amount, formatMoney(amount), toDecimal(amount)),
    instruction(words.transfer_to, `${action.bank || ""} ${account || ""}`.trim(), account),
    action.holder ? instruction(words.transfer_holder, action.holder) : "",
    reference ? instruction(words.transfer_reference, reference, reference) : "",
  );
  return [h("p", { class: "until" }, title), steps];
}

const instruction = (label, value, copyText) =>
  h("div", {}, h("dt", {}, label), h("dd", {}, value, copyText ? copyButton(copyText) : ""));

function copyButton(text) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = words.copied;
    } catch {
      getSelection()?.selectAllChildren(button.parentElement); // the browser allows no clipboard
    }
  };
  const button = h("button", { type: "button", class: "link", onclick: copy }, words.copy);
  return button;
}

/** Tells that the proof is being checked, with a form to replace it while nobody has. */
const sentProof = (payment, postChange) => [
  h("p", {}, words.proof_sent),
  h("details", {}, h("summary", {}, words.proof_replace), proofForm(payment, postChange)),
];

function proofForm(payment, postChange) {
  const submit = async (event) => {
    event.preventDefault();
    const { reference, picture } = event.target.elements;
    const body = await proofBody(reference, picture);
    if (body.picture === null) return showError(picture, words.proof_unusable).focus();
    if (!body.reference && !body.picture) return showError(reference, words.proof_either).focus();
    await postChange(`/payments/${encodeURIComponent(payment.id)}/proof`, body);
  };
  return h(
    "form",
    { class: "proof", onsubmit: submit, novalidate: true },
    h("h3", {}, words.proof_title),
    h(
      "label",
      {},
      words.proof_reference,
      h("input", { name: "reference", maxlength: 100, autocomplete: "off" }),
      h("small", {}, words.proof_hint),
    ),
    h(
      "label",
      {},
      words.proof_picture,
      h("input", { name: "picture", type: "file", accept: "image/*,application/pdf" }),
    ),
    h("button", { type: "submit" }, words.proof_send),
  );
}

/** The filled fields; `picture` is null if the file cannot be used. */
async function proofBody(reference, picture) {
  const body = {};
  if (reference.value.trim()) body.reference = reference.value.trim();
  if (picture.files.length) body.picture = await encodeReceipt(picture.files[0]);
  return body;
}
