// The drawer that cash goes into: open it with a float, see what it should hold, count, close.
import { newKey } from "../common/api.js";
import { fill, h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import settings from "../settings.js";
import { ask, me } from "./me.js";
import {
  doing,
  explain,
  field,
  figure,
  moneyField,
  moneyIn,
  quiet,
  submit,
  tell,
} from "./parts.js";
import { words } from "./words.js";

const USUAL_FLOAT = { IDR: 500_000 };

export async function till(place) {
  try {
    const shift = await ask("GET", "/shifts/mine");
    fill(place, shift.status === "counted" ? counted(place, shift) : inUse(place, shift));
  } catch (problem) {
    fill(place, problem.status === 404 ? opening(place) : quiet(explain(problem)));
  }
}

function opening(place) {
  const open = change(place, "/shifts", ({ opening: input }) => ({ opening: moneyIn(input) }));
  const float = (me.role === "cashier" && USUAL_FLOAT[settings.currency]) || 0;
  return h(
    "form",
    { class: "card find", onsubmit: open },
    h("p", {}, words.sell.no_shift),
    moneyField(words.sell.opening, "opening", { min: 0, value: float }),
    submit(words.sell.open_shift),
  );
}

const inUse = (place, shift) =>
  h(
    "details",
    { class: "till" },
    h("summary", {}, interpolate(words.sell.shift, { amount: formatMoney(shift.expected) })),
    counting(place, shift),
  );

/** Cash is counted before the expected amount is shown; counting again corrects it. */
function counting(place, { id }) {
  const path = `/shifts/${id}/count`;
  const count = change(place, path, ({ counted: input }) => ({ counted: moneyIn(input) }));
  return h(
    "form",
    { class: "find", onsubmit: count },
    moneyField(words.till.counted, "counted", { min: 0 }),
    submit(words.till.count),
  );
}

function counted(place, shift) {
  const isOff = shift.variance.amount !== 0;
  const why = { name: "reason", required: true, maxlength: 200, autocomplete: "off" };
  const reason = ({ reason: input }) => ({ reason: input?.value.trim() ?? "" });
  const close = change(place, `/shifts/${shift.id}/close`, reason, words.till.closed);
  return h(
    "section",
    { class: "card open" },
    h("h2", {}, words.till.title),
    h(
      "dl",
      { class: "figures" },
      figure(words.till.expected, formatMoney(shift.expected)),
      figure(words.till.counted, formatMoney(shift.counted)),
      figure(words.till.variance, varianceText(shift.variance), isOff ? "bad" : "good"),
    ),
    h(
      "form",
      { class: "find", onsubmit: close },
      isOff ? field(words.till.reason, why) : "",
      submit(words.till.close),
    ),
    h("details", {}, h("summary", {}, words.till.again), counting(place, shift)),
  );
}

function varianceText({ amount, currency }) {
  if (amount === 0) return words.till.even;
  const text = amount < 0 ? words.till.short : words.till.over;
  return interpolate(text, { amount: formatMoney({ amount: Math.abs(amount), currency }) });
}

/** Sends a change of the drawer, with one key as long as its form stands, and draws the drawer. */
function change(place, path, bodyOf, done) {
  const key = newKey();
  return (event) => {
    event.preventDefault();
    doing(event.submitter, async () => {
      await ask("POST", path, { body: bodyOf(event.target.elements), key });
      if (done) tell(done);
      await till(place);
    });
  };
}
