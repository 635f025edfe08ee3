// The drawer that cash goes into: open it with a float, see what it should hold, count it, close it.
import { newKey } from "../common/api.js";
import { fill, h, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { ask, me } from "./me.js";
import { doing, explain, field, quiet, rupiah, tell } from "./parts.js";
import { words } from "./words.js";

export async function till(place) {
  try {
    const shift = await ask("GET", "/shifts/mine");
    fill(place, shift.status === "counted" ? counted(place, shift) : inUse(place, shift));
  } catch (problem) {
    fill(place, problem.status === 404 ? opening(place) : quiet(explain(problem)));
  }
}

function opening(place) {
  const open = change(place, "/shifts", (form) => ({ opening: rupiah(form.elements.opening) }));
  return h("form", { class: "card find", onsubmit: open }, h("p", {}, words.sell.no_shift), amount(words.sell.opening, "opening", me.role === "cashier" ? 500000 : 0), h("button", { type: "submit" }, words.sell.open_shift));
}

function inUse(place, shift) {
  return h("details", { class: "till" }, h("summary", {}, say(words.sell.shift, { amount: formatMoney(shift.expected) })), counting(place, shift, words.till.count));
}

/** The count is written down before anybody sees how far it is off; counting again before closing corrects it. */
function counting(place, shift, label) {
  const count = change(place, `/shifts/${shift.id}/count`, (form) => ({ counted: rupiah(form.elements.counted) }));
  return h("form", { class: "find", onsubmit: count }, amount(words.till.counted, "counted"), h("button", { type: "submit" }, label));
}

function counted(place, shift) {
  const off = shift.variance.amount;
  const close = change(place, `/shifts/${shift.id}/close`, (form) => ({ reason: form.elements.reason?.value.trim() || "" }), words.till.closed);
  return h(
    "section",
    { class: "card open" },
    h("h2", {}, words.till.title),
    h("dl", { class: "figures" }, figure(words.till.expected, formatMoney(shift.expected)), figure(words.till.counted, formatMoney(shift.counted)), figure(words.till.variance, verdict(shift.variance), off ? "bad" : "good")),
    h("form", { class: "find", onsubmit: close }, off ? field(words.till.reason, { name: "reason", required: true, maxlength: 200, autocomplete: "off" }) : "", h("button", { type: "submit" }, words.till.close)),
    h("details", {}, h("summary", {}, words.till.again), counting(place, shift, words.till.count)),
  );
}

const verdict = (variance) => (variance.amount === 0 ? words.till.even : say(variance.amount < 0 ? words.till.short : words.till.over, { amount: formatMoney({ ...variance, amount: Math.abs(variance.amount) }) }));
const figure = (name, value, kind = "") => h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value));
const amount = (label, name, value) => field(label, { name, type: "number", min: 0, step: 1, value, inputmode: "numeric", required: true });

/** One change of the drawer, its key kept for as long as its form stands; then the drawer as it is now. */
function change(place, path, body, said) {
  const key = newKey();
  return (event) => {
    event.preventDefault();
    doing(event.submitter, async () => {
      await ask("POST", path, { body: body(event.target), key });
      if (said) tell(said);
      await till(place);
    });
  };
}
