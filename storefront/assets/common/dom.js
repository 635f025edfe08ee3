// @ts-check
// Creates, finds and fills elements. Text is always inserted as text, never parsed as HTML.

/** @typedef {any} Child an element, a text or number, or a nested list; empty values are skipped */

/**
 * Creates an element; the short name is that of hyperscript and Preact.
 *
 * @param {string} tag
 * @param {Record<string, any>} attributes `onclick` adds a listener, a boolean sets a property
 * @param {...Child} children
 * @returns {any} `any`, because callers know which kind of element it is
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  return setChildren(element, ...children);
}

/** @param {any} element @param {string} name @param {any} value */
function setAttribute(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element && typeof value === "boolean") element[name] = value;
  else if (value === true) element.setAttribute(name, name.startsWith("aria-") ? "true" : "");
  else if (value !== null && value !== undefined && value !== false)
    element.setAttribute(name, value);
}

/**
 * Replaces the children of an element and returns the element.
 *
 * @param {any} element
 * @param {...Child} children
 */
export function setChildren(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter(isShown));
  return element;
}

const isShown = (/** @type {Child} */ child) => child === 0 || Boolean(child);

/** @returns {any} the first element that matches, or null */
export const query = (/** @type {string} */ selector, /** @type {ParentNode} */ root = document) =>
  root.querySelector(selector);

/** @returns {any[]} all elements that match */
export const queryAll = (
  /** @type {string} */ selector,
  /** @type {ParentNode} */ root = document,
) => [...root.querySelectorAll(selector)];

/**
 * Runs a task now, then `seconds` after each run while the page is visible, and when the page
 * becomes visible again. Returns a function that runs the task at once; its `stop` ends all this.
 *
 * @param {number} seconds
 * @param {() => Promise<unknown>} task
 */
export function pollWhileVisible(seconds, task) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isStopped = false;
  const run = async () => {
    clearTimeout(timer);
    if (document.hidden || isStopped) return;
    await task();
    clearTimeout(timer); // another run may have set one meanwhile
    if (!isStopped) timer = setTimeout(run, seconds * 1000);
  };
  const stop = () => {
    isStopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", run);
  };
  document.addEventListener("visibilitychange", run);
  run();
  return Object.assign(run, { stop });
}
