// One payment of an order: its state, and for a bank transfer the proof to confirm or reject.
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { badge, button } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { inputOf, moneyField, readMoney } from "./form-fields.js";
import { callAsStaff, staff } from "./session.js";
import { methodName, words } from "./words.js";

const CONFIRMING_ROLES = new Set(["owner", "finance", "cashier", "agent"]);
const CONFIRMABLE = new Set(["awaiting_proof", "proof_submitted"]);

export function orderPayment(payment, reload) {
  const { method, amount, status } = payment;
  const summary = [h("b", {}, methodName(method)), " ", formatMoney(amount), " ", badge(status)];
  const canAct = CONFIRMING_ROLES.has(staff.role) && CONFIRMABLE.has(status);
  const actions = canAct ? paymentActions(payment, reload) : [];
  return h("section", { class: "paying" }, h("p", {}, summary), ...actions);
}

function paymentActions(payment, reload) {
  const { id, status } = payment;
  const seen = { proof: payment.proof_number }; // the newest proof that was on the screen
  const send =
    (verb, { body, facts = () => ({}) } = {}) =>
    (event) =>
      runBusy(event.target, async () => {
        const query = new URLSearchParams({ ...(seen.proof && { proof: seen.proof }), ...facts() });
        await callAsStaff("POST", `/payments/${id}/${verb}?${query}`, { body });
        showToast(words.done);
        reload();
      });
  const received = moneyField(words.received, "received", { min: 1, value: payment.amount.amount });
  const facts = () => ({ received: readMoney(inputOf(received)).amount });
  const confirm = button(words.confirm, send("confirm", { facts }));
  if (status !== "proof_submitted") return [received, h("footer", {}, confirm)];
  const show = (event) =>
    runBusy(event.target, async () => {
      seen.proof = await showProof(event.target, id);
    });
  const reject = send("reject", { body: { reason: words.reject_proof } });
  const seeProof = button(words.see_proof, show, "outline");
  const rejectProof = button(words.reject_proof, reject, "outline");
  return [received, h("footer", {}, seeProof, confirm, rejectProof)];
}

/** Shows a proof, the latest without `number`, and buttons for those that it replaced. Returns its number. */
async function showProof(control, id, number) {
  const query = number ? `?number=${number}` : "";
  const proof = await callAsStaff("GET", `/payments/${id}/proof${query}`);
  const reference = proof.reference ? h("code", {}, proof.reference) : "";
  const shown = proof.data ? receipt(proof) : reference;
  shown.tabIndex = proof.data && shown.href ? 0 : -1; // takes the focus of the button it replaces
  const earlier = number ? [] : proof.earlier.map((_, index) => earlierButton(id, index + 1));
  control.replaceWith(shown, proof.data ? reference : "", ...earlier);
  shown.focus();
  return proof.number;
}

function earlierButton(id, number) {
  const show = (event) => runBusy(event.target, () => showProof(event.target, id, number));
  return button(interpolate(words.earlier_proof, { number }), show, "outline secondary");
}

function receipt({ content_type: type, data }) {
  const src = `data:${type};base64,${data}`;
  if (type.startsWith("image/")) return h("img", { class: "proof", alt: words.see_proof, src });
  const link = { href: src, download: "bukti", role: "button", class: "outline" };
  return h("a", link, words.see_proof);
}
