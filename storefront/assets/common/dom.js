// @ts-check
// Elements from plain calls. Text is always inserted as text, never as markup.

/** @typedef {any} Child an element, a text, or a list of them; empty values are left out */

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes `onclick` adds a listener, a boolean sets a property
 * @param {...Child} children
 * @returns {any} the element; `any`, because callers know which kind it is
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.flat(Infinity).filter(isShown));
  return element;
}

/** @param {any} element @param {string} name @param {any} value */
function setAttribute(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element && typeof value === "boolean") element[name] = value;
  else if (value === true) element.setAttribute(name, "");
  else if (value !== null && value !== undefined && value !== false)
    element.setAttribute(name, value);
}

const isShown = (/** @type {Child} */ child) => child === 0 || Boolean(child);

/**
 * Replaces the children of an element and returns it.
 *
 * @param {any} element
 * @param {...Child} children
 */
export const fill = (element, ...children) => {
  element.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return element;
};

/** @returns {any} the first element, or null */
export const one = (/** @type {string} */ selector, /** @type {ParentNode} */ root = document) =>
  root.querySelector(selector);

/** @returns {any[]} */
export const all = (/** @type {string} */ selector, /** @type {ParentNode} */ root = document) => [
  ...root.querySelectorAll(selector),
];

/**
 * Runs the work at once, then every so many seconds while the page is visible, and at once when it
 * becomes visible again. Returns a function that runs it now.
 *
 * @param {number} seconds
 * @param {() => Promise<unknown>} work
 */
export function whileWatched(seconds, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    await work();
    clearTimeout(timer);
    timer = setTimeout(turn, seconds * 1000);
  };
  document.addEventListener("visibilitychange", turn);
  turn();
  return turn;
}
