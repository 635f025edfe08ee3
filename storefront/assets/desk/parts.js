// Elements and small deeds that every screen uses.
import { fill, h, one } from "../common/dom.js";
import { formatMoney, fromDecimal, toDecimal } from "../common/money.js";
import { interpolate, namedPart } from "../common/text.js";
import settings from "../settings.js";
import { nameOf } from "./names.js";
import { stateText, words } from "./words.js";

export const badge = (state) =>
  h("span", { class: "badge", "data-state": state }, stateText(state));

export const goods = (lines) =>
  h(
    "ul",
    { class: "goods" },
    ...lines.map(({ sku, name, quantity }) => goodsLine(name || nameOf(sku), quantity)),
  );

const goodsLine = (name, quantity) => h("li", {}, h("b", {}, `${quantity} ×`), " ", name);

/** Cash to collect; that of an order brought in parts is collected with the last of them. */
export function cash({ cash_to_collect: due, cash_with_last: isWithLast }) {
  if (!due?.amount) return "";
  const text = interpolate(words.cash_to_collect, { amount: formatMoney(due) });
  return h(
    "p",
    { class: "cash" },
    text,
    isWithLast ? h("small", {}, ` ${words.cash_with_last}`) : "",
  );
}

export const quiet = (text) => h("p", { class: "quiet" }, text);

export const button = (text, onclick, kind = "") =>
  h("button", { type: "button", class: kind, onclick }, text);

export const submit = (text) => h("button", { type: "submit" }, text);

export const linkButton = (href, text) => h("a", { href, role: "button", class: "outline" }, text);

/** Facts in one line; empty ones are left out. */
export const joined = (...facts) => facts.filter(Boolean).join(" · ");

export const addressText = ({ street, city, postcode }) =>
  [street, city, postcode].filter(Boolean).join(", ");

export const field = (label, attributes) => h("label", {}, label, h("input", attributes));

export const options = (choices, chosen) =>
  choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text));

export const select = (label, name, choices, chosen) =>
  h("label", {}, label, h("select", { name }, options(choices, chosen)));

/** Without a visible label, because the legend above says the same. */
export const bareSelect = (label, name, choices) =>
  h("select", { name, "aria-label": label }, options(choices));

/** A number field for an amount in the shop's currency; the limits are in minor units. */
export function moneyField(label, name, limits = {}) {
  const step = toDecimal(money(1));
  const inputmode = step === "1" ? "numeric" : "decimal";
  const decimals = Object.entries(limits).map(([key, minor]) => [key, toDecimal(money(minor))]);
  const attributes = { name, type: "number", step, inputmode, required: true };
  return field(label, { ...attributes, ...Object.fromEntries(decimals) });
}

const money = (amount) => ({ amount, currency: settings.currency });

/** What was typed into a money field. */
export const moneyIn = (input) => fromDecimal(input.value, settings.currency);

export const figure = (name, value, kind = "", more = "") =>
  h(
    "div",
    { class: kind },
    h("dt", {}, name),
    h("dd", {}, value, more && h("small", {}, ` ${more}`)),
  );

/** A problem in one line: what happened, what is short, what to change. */
export function explain(problem) {
  const { code, facts, status } = problem;
  const isRefusal = status >= 400 && status < 500;
  const text = words.problems[code] || (isRefusal ? refusalText(facts) : words.bug);
  const short = (facts?.short || []).map(({ sku, available }) => `${nameOf(sku)}: ${available}`);
  return joined(interpolate(text, facts), ...short, ...(facts?.errors || []).map(errorText));
}

/** The API explains in English, which is shown to those who read English. */
const isEnglish = () => words.language === "en";
const refusalText = (facts) => (isEnglish() && facts?.detail) || words.problems.refused;

function errorText({ field, says }) {
  const part = namedPart(field, words.mend);
  if (part) return words.mend[part];
  return isEnglish() ? [field, says].filter(Boolean).join(": ") : "";
}

const TOLD_MILLISECONDS = 6000;

/** One line at the foot of the screen, gone after a while. */
export function tell(text, kind = "") {
  one(".told")?.remove();
  const role = kind === "bad" ? "alert" : "status";
  const line = h("div", { class: `told ${kind}`, role }, text);
  document.body.append(line);
  setTimeout(() => line.remove(), TOLD_MILLISECONDS);
}

/** Works with the button busy; tells a problem and answers null then. */
export async function doing(control, work) {
  control.disabled = true;
  control.setAttribute("aria-busy", "true");
  try {
    return await work();
  } catch (problem) {
    tell(explain(problem), "bad");
    return null;
  } finally {
    control.disabled = false;
    control.removeAttribute("aria-busy");
  }
}

/** Fills the place with what `load` answers, or with the problem. */
export async function show(place, load) {
  try {
    fill(place, await load());
  } catch (problem) {
    fill(place, quiet(explain(problem)));
  }
}

/** Redraws only when the facts changed, so that a poll moves nothing under a finger. */
export function steady(place, draw) {
  let before = "";
  return (facts) => {
    const now = JSON.stringify(facts);
    if (now === before) return;
    before = now;
    fill(place, draw(facts));
  };
}

/** The screen's own query for one of its inputs. */
export const inputIn = (label) => label.querySelector("input, select");
