// Shows the state and the result of actions and requests: toasts, problems and busy buttons.
import { h, pollWhileVisible, query } from "../common/dom.js";
import { formatAmounts } from "../common/money.js";
import { interpolate, lastKnownPart } from "../common/text.js";
import { joinTexts, mutedText } from "./elements.js";
import { redraw } from "./redraw.js";
import { productName } from "./reference-data.js";
import { words } from "./words.js";

const TOAST_MILLISECONDS = 6000;

const lastPressed = { rect: { top: 0, bottom: 0 } };
addEventListener(
  "click",
  ({ target }) => {
    lastPressed.rect = target.getBoundingClientRect();
  },
  true,
);

/** Shows a line for some seconds, in the half of the screen away from the control pressed last. */
export function showToast(text, kind = "") {
  clearToast();
  const role = kind === "bad" ? "alert" : "status";
  const isLow = (lastPressed.rect.top + lastPressed.rect.bottom) / 2 > innerHeight / 2;
  const toast = h("div", { class: `toast ${kind} ${isLow ? "high" : ""}`, role }, text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), TOAST_MILLISECONDS);
}

const clearToast = () => query(".toast")?.remove();

/**
 * Runs an action unless its button runs one already. Shows a problem instead of throwing it. The
 * button is not disabled, because a disabled button loses the focus.
 */
export async function runBusy(control, action) {
  if (control.getAttribute("aria-busy")) return;
  clearToast(); // the problem of an earlier attempt
  control.setAttribute("aria-busy", "true");
  control.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (problem) {
    showToast(problemText(problem), "bad");
  } finally {
    control.removeAttribute("aria-busy");
    control.removeAttribute("aria-disabled");
  }
}

/** Fills a container with the elements that `load` returns, or with its problem. */
export async function showLoaded(container, load) {
  try {
    redraw(container, await load());
  } catch (problem) {
    redraw(container, mutedText(problemText(problem)));
  }
}

/**
 * Returns a function that draws data into a container only if the data changed, so that polling
 * does not replace a button while it is pressed, nor an open dialog.
 */
export function drawOnChange(container, draw) {
  let drawn = "";
  return (data) => {
    const json = JSON.stringify(data);
    if (json === drawn || query("dialog[open]", container)) return;
    drawn = json;
    redraw(container, draw(data));
  };
}

/**
 * Loads and draws now, then every `seconds` while the page is visible. Once something is drawn, a
 * failed load changes nothing, so that a lost connection does not empty the screen. Returns
 * `reload`, which loads at once; `restart`, for another query; and `stop`.
 *
 * @param {HTMLElement} container
 * @param {number} seconds
 * @param {() => Promise<unknown>} load
 * @param {(data: any) => unknown} draw
 */
export function showLive(container, seconds, load, draw) {
  const state = { loadCount: 0, isDrawn: false, draw: drawOnChange(container, draw) };
  const run = async () => {
    state.loadCount += 1;
    const loadNumber = state.loadCount;
    const [data, problem] = await load().then(
      (data) => [data],
      (problem) => [null, problem],
    );
    if (loadNumber !== state.loadCount) return;
    if (!problem) state.draw(data);
    else if (!state.isDrawn) redraw(container, mutedText(problemText(problem)));
    state.isDrawn ||= !problem;
  };
  const reload = pollWhileVisible(seconds, run);
  const restart = () => {
    Object.assign(state, { isDrawn: false, draw: drawOnChange(container, draw) });
    return reload();
  };
  const stop = () => {
    reload.stop();
    state.loadCount += 1; // the answer of a running load is not drawn
  };
  return { reload, restart, stop };
}

/** A problem in one line: its text, the products that are short and the fields to correct. */
export function problemText(problem) {
  const { code, facts, status } = problem;
  const isRefusal = status >= 400 && status < 500;
  const text = words.problems[code] || (isRefusal ? refusalText(facts) : words.bug);
  const shortages = (facts?.short || []).map(
    ({ sku, available }) => `${productName(sku)}: ${available}`,
  );
  const cause = words.coupon_causes[facts?.cause] || "";
  const errors = (facts?.errors || []).map(errorText);
  return joinTexts(interpolate(text, formatAmounts(facts)), cause, ...shortages, ...errors);
}

// The API explains its refusals in English, so only the English desk shows those texts.
const isEnglish = () => words.language === "en";

const refusalText = (facts) => (isEnglish() && facts?.detail) || words.problems.refused;

function errorText({ field, says: reason }) {
  const name = lastKnownPart(field, words.field_errors);
  if (name) return words.field_errors[name];
  return isEnglish() ? [field, reason].filter(Boolean).join(": ") : "";
}
