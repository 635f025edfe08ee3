// Pieces that every screen uses.
import { fill, h, one, say } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { nameOf } from "./names.js";
import { stateText, words } from "./words.js";

export const badge = (state) => h("span", { class: "badge", "data-state": state }, stateText(state));
export const goods = (lines) => h("ul", { class: "goods" }, lines.map((line) => h("li", {}, h("b", {}, `${line.quantity} ×`), " ", line.name || nameOf(line.sku))));
/** Of an order that is brought in parts the cash is collected with the last of them. */
export const cash = ({ cash_to_collect: due, cash_with_last: last }) => (due?.amount ? h("p", { class: "cash" }, say(words.cash_to_collect, { amount: formatMoney(due) }), last ? h("small", {}, " " + words.cash_with_last) : "") : "");
export const quiet = (text) => h("p", { class: "quiet" }, text);
export const button = (text, onclick, kind = "") => h("button", { type: "button", class: kind, onclick }, text);
export const field = (label, attributes) => h("label", {}, label, h("input", attributes));
/** Its label is the legend above it, said again only to those who cannot see that. */
export const bare = (label, name, choices) => h("select", { name, "aria-label": label }, choices.map(([value, text]) => h("option", { value }, text)));
export const select = (label, name, choices, chosen) =>
  h("label", {}, label, h("select", { name }, choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text))));

/** What somebody typed into a field of whole rupiah. */
export const rupiah = (input) => ({ amount: Number(input.value), currency: "IDR" });

export function explain(problem) {
  const { code, facts } = problem;
  const short = (facts?.short || []).map((each) => `${nameOf(each.sku)}: ${each.available}`);
  const known = problem.status >= 400 && problem.status < 500 ? ownWords(facts, words.problems.refused) : words.bug;
  return [say(words.problems[code] || known, facts), ...short, ...(facts?.errors || []).map(mending)].filter(Boolean).join(" · ");
}

/** The API explains itself in English: told as it is to those who read that, and in our own words to the others. */
const ownWords = (facts, otherwise) => (words.language === "en" && facts?.detail) || otherwise;

function mending({ field, says }) {
  const named = field.split(".").reverse().find((part) => part in words.mend);
  return named ? words.mend[named] : words.language === "en" ? [field, says].filter(Boolean).join(": ") : "";
}

/** One line at the foot of the screen, gone after a while. */
export function tell(text, kind = "") {
  one(".told")?.remove();
  const said = h("div", { class: `told ${kind}`, role: kind === "bad" ? "alert" : "status" }, text);
  document.body.append(said);
  setTimeout(() => said.remove(), 6000);
}

/** Does it with the button busy, and says what came of it. */
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

/** Replaces a screen only when its facts changed, so that a poll never moves what a finger is about to touch. */
export function steady(place, draw) {
  let before = "";
  return (facts) => {
    const now = JSON.stringify(facts);
    if (now === before) return;
    before = now;
    fill(place, draw(facts));
  };
}
