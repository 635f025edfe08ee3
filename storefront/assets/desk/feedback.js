// Shows the state and the result of actions and requests: toasts, problems and busy buttons.
import { h, query, setChildren } from "../common/dom.js";
import { interpolate, lastKnownPart } from "../common/text.js";
import { joinTexts, mutedText } from "./elements.js";
import { productName } from "./reference-data.js";
import { words } from "./words.js";

const TOAST_MILLISECONDS = 6000;

/** Shows a line at the foot of the screen for some seconds. */
export function showToast(text, kind = "") {
  query(".toast")?.remove();
  const role = kind === "bad" ? "alert" : "status";
  const toast = h("div", { class: `toast ${kind}`, role }, text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), TOAST_MILLISECONDS);
}

/** Runs an action with its button disabled. Shows a problem instead of throwing it. */
export async function runBusy(control, action) {
  control.disabled = true;
  control.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (problem) {
    showToast(problemText(problem), "bad");
  } finally {
    control.disabled = false;
    control.removeAttribute("aria-busy");
  }
}

/** Fills a container with the elements that `load` returns, or with its problem. */
export async function showLoaded(container, load) {
  try {
    setChildren(container, await load());
  } catch (problem) {
    setChildren(container, mutedText(problemText(problem)));
  }
}

/**
 * Returns a function that draws data into a container only if the data changed, so that polling
 * does not replace a button while it is pressed.
 */
export function drawOnChange(container, draw) {
  let drawn = "";
  return (data) => {
    const json = JSON.stringify(data);
    if (json === drawn) return;
    drawn = json;
    setChildren(container, draw(data));
  };
}

/** A problem in one line: its text, the products that are short and the fields to correct. */
export function problemText(problem) {
  const { code, facts, status } = problem;
  const isRefusal = status >= 400 && status < 500;
  const text = words.problems[code] || (isRefusal ? refusalText(facts) : words.bug);
  const shortages = (facts?.short || []).map(
    ({ sku, available }) => `${productName(sku)}: ${available}`,
  );
  return joinTexts(interpolate(text, facts), ...shortages, ...(facts?.errors || []).map(errorText));
}

// The API explains its refusals in English, so only the English desk shows those texts.
const isEnglish = () => words.language === "en";

const refusalText = (facts) => (isEnglish() && facts?.detail) || words.problems.refused;

function errorText({ field, says: reason }) {
  const name = lastKnownPart(field, words.field_errors);
  if (name) return words.field_errors[name];
  return isEnglish() ? [field, reason].filter(Boolean).join(": ") : "";
}
