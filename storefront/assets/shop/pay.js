// What is left for the shopper to do about money.
import { h } from "../common/dom.js";
import { formatMoney, toDecimal } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { showError } from "./form-validation.js";
import { pictureOf } from "./picture.js";
import { whenText, words } from "./words.js";

export function payments(order, act) {
  if (order.status === "cancelled") return "";
  return (order.payments || []).map((payment) => card(payment, act));
}

const CHOICES = ["transfer", "cod"]; // for a customer who is known by the link alone

/** How a draft is paid; choosing places it. */
export function choosing(order, act) {
  const send = async (event) => {
    event.preventDefault();
    const control = event.submitter;
    control.disabled = true;
    await act(`/orders/${encodeURIComponent(order.id)}/payments`, {
      method: new FormData(event.target).get("method"),
    });
    control.disabled = false;
  };
  const choice = (method, i) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: "method", value: method, checked: i === 0 }),
      h("span", {}, h("b", {}, words.methods[method])),
    );
  return h(
    "form",
    { class: "pay", onsubmit: send },
    h("h2", {}, words.draft_choose),
    h("div", { class: "choices" }, CHOICES.map(choice)),
    h("button", { type: "submit" }, `${words.draft_place} · ${formatMoney(order.total)}`),
  );
}

function card(payment, act) {
  const state = words.payment_states[payment.status] || payment.status;
  const head = h(
    "header",
    {},
    h("h2", {}, words.methods[payment.method] || payment.method),
    h("span", { class: "badge", "data-state": payment.status }, state),
  );
  return h("section", { class: "pay" }, head, body(payment, act));
}

function body(payment, act) {
  if (payment.status === "proof_submitted") return h("p", {}, words.proof_sent);
  if (payment.method === "cod" && payment.status === "due")
    return h("p", {}, interpolate(words.cod_amount, { amount: formatMoney(payment.amount) }));
  if (payment.action?.kind !== "instructions") return "";
  return [instructions(payment), proof(payment, act)];
}

function instructions({ action, amount: whole }) {
  const amount = action.amount || whole;
  const title = action.expires_at
    ? interpolate(words.transfer_title, { time: whenText(action.expires_at) })
    : words.transfer_title_plain;
  return h(
    "dl",
    { class: "transfer" },
    h("p", { class: "until" }, title),
    row(words.transfer_amount, formatMoney(amount), toDecimal(amount)),
    row(words.transfer_to, `${action.bank || ""} ${action.account || ""}`.trim(), action.account),
    action.holder ? row(words.transfer_holder, action.holder) : "",
    action.reference ? row(words.transfer_reference, action.reference, action.reference) : "",
  );
}

const row = (name, value, copied) =>
  h("div", {}, h("dt", {}, name), h("dd", {}, value, copied ? copier(copied) : ""));

function copier(text) {
  const button = h("button", { type: "button", class: "link", onclick: copy }, words.copy);
  return button;

  async function copy() {
    await navigator.clipboard?.writeText(text);
    button.textContent = words.copied;
  }
}

function proof(payment, act) {
  const send = async (event) => {
    event.preventDefault();
    const { reference, picture } = event.target.elements;
    const body = {};
    if (reference.value.trim()) body.reference = reference.value.trim();
    if (picture.files.length) body.picture = await pictureOf(picture.files[0]);
    if (body.picture === null) return showError(picture, words.proof_unusable).focus();
    if (!body.reference && !body.picture) return showError(reference, words.proof_either).focus();
    await act(`/payments/${encodeURIComponent(payment.id)}/proof`, body);
  };
  return h(
    "form",
    { class: "proof", onsubmit: send, novalidate: true },
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
