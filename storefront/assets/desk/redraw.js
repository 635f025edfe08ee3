// Replaces elements without losing the place of the person who uses them: the focused control, the
// scroll position and the opened details survive.
import { queryAll, setChildren } from "../common/dom.js";

const CONTROLS = "a[href], button, input, select, textarea, summary";

/**
 * Replaces the children of an element. If the focus was inside, it goes to the control with the same
 * name in the item with the same `data-key`, or else to the control now nearest to that place.
 *
 * @param {HTMLElement} container @param {...any} children
 */
export function redraw(container, ...children) {
  const place = focusedPlace(container);
  const opened = queryAll("details[open] > summary", container).map(nameOf);
  const { scrollX, scrollY } = window;
  setChildren(container, ...children);
  for (const summary of queryAll("details > summary", container))
    if (opened.includes(nameOf(summary))) summary.parentElement.open = true;
  if (place) focusPlace(container, place);
  if (scrollY !== window.scrollY) scrollTo(scrollX, scrollY);
}

function focusedPlace(container) {
  const { activeElement } = document;
  if (!container.contains(activeElement) || activeElement === container) return null;
  const index = queryAll(CONTROLS, container).indexOf(activeElement);
  return { key: keyOf(activeElement), name: nameOf(activeElement), index };
}

function focusPlace(container, { key, name, index }) {
  const controls = queryAll(CONTROLS, container).filter((control) => control.offsetParent);
  const ofItem = controls.filter((control) => keyOf(control) === key);
  const target =
    ofItem.find((control) => nameOf(control) === name) ??
    ofItem.find((control) => control.matches("button")) ??
    ofItem[0] ??
    controls[Math.min(index, controls.length - 1)] ??
    focusable(container);
  target.focus({ preventScroll: true });
}

/** A container without controls takes the focus itself, so that it does not drop to the page. */
function focusable(container) {
  container.tabIndex = -1;
  return container;
}

const keyOf = (element) => element.closest("[data-key]")?.dataset.key ?? "";
const nameOf = (element) =>
  element.getAttribute("aria-label") || element.name || element.textContent;
