// The till shift of a cashier or salesman: open it with a float, count the cash, close it.
import { newIdempotencyKey } from "../common/api.js";
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import settings from "../settings.js";
import { figure, mutedText, submitButton } from "./elements.js";
import { problemText, runBusy, showToast } from "./feedback.js";
import { field, moneyField, readMoney } from "./form-fields.js";
import { redraw } from "./redraw.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const USUAL_FLOAT = { IDR: 500_000 }; // minor units

/** Fills a container with the form for the next step of the staff member's shift. */
export async function till(container) {
  try {
    const shift = await callAsStaff("GET", "/shifts/mine");
    const isCounted = shift.status === "counted";
    redraw(container, isCounted ? countedShift(container, shift) : openShift(container, shift));
  } catch (problem) {
    const hasNoShift = problem.status === 404;
    redraw(container, hasNoShift ? openingForm(container) : mutedText(problemText(problem)));
  }
}

function openingForm(container) {
  const submit = submitHandler(container, "/shifts", ({ opening }) => ({
    opening: readMoney(opening),
  }));
  const float = (staff.role === "cashier" && USUAL_FLOAT[settings.currency]) || 0;
  return h(
    "form",
    { class: "card find", onsubmit: submit },
    h("p", {}, words.sell.no_shift),
    moneyField(words.sell.opening, "opening", { min: 0, value: float }),
    submitButton(words.sell.open_shift),
  );
}

const openShift = (container, shift) =>
  h(
    "details",
    { class: "till" },
    h("summary", {}, interpolate(words.sell.shift, { amount: formatMoney(shift.expected) })),
    countingForm(container, shift),
  );

/** Counting a second time corrects the first count. */
function countingForm(container, { id }) {
  const submit = submitHandler(container, `/shifts/${id}/count`, ({ counted }) => ({
    counted: readMoney(counted),
  }));
  return h(
    "form",
    { class: "find", onsubmit: submit },
    moneyField(words.till.counted, "counted", { min: 0 }),
    submitButton(words.till.count),
  );
}

function countedShift(container, shift) {
  const varianceKind = shift.variance.amount === 0 ? "good" : "bad";
  return h(
    "section",
    { class: "card open" },
    h("h2", {}, words.till.title),
    h(
      "dl",
      { class: "figures" },
      figure(words.till.expected, formatMoney(shift.expected)),
      figure(words.till.counted, formatMoney(shift.counted)),
      figure(words.till.variance, varianceText(shift.variance), varianceKind),
    ),
    closingForm(container, shift),
    h("details", {}, h("summary", {}, words.till.again), countingForm(container, shift)),
  );
}

/** A variance needs a reason. */
function closingForm(container, { id, variance }) {
  const buildBody = ({ reason }) => ({ reason: reason?.value.trim() ?? "" });
  const submit = submitHandler(container, `/shifts/${id}/close`, buildBody, words.till.closed);
  const reason = { name: "reason", required: true, maxlength: 200, autocomplete: "off" };
  return h(
    "form",
    { class: "find", onsubmit: submit },
    variance.amount === 0 ? "" : field(words.till.reason, reason),
    submitButton(words.till.close),
  );
}

function varianceText({ amount, currency }) {
  if (amount === 0) return words.till.even;
  const text = amount < 0 ? words.till.short : words.till.over;
  return interpolate(text, { amount: formatMoney({ amount: Math.abs(amount), currency }) });
}

/**
 * Returns a submit handler that posts the form and shows the shift again. All attempts of one form
 * have the same key. `buildBody` receives the form's elements.
 */
function submitHandler(container, path, buildBody, doneText) {
  const key = newIdempotencyKey();
  return (event) => {
    event.preventDefault();
    runBusy(event.submitter, async () => {
      await callAsStaff("POST", path, { body: buildBody(event.target.elements), key });
      if (doneText) showToast(doneText);
      await till(container);
    });
  };
}
