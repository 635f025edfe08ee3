// @ts-check
// JSON values in localStorage. If the browser forbids storage, values last until the page closes.

const PREFIX = "kanal.";
const memory = new Map();

/**
 * Returns the stored value, or `fallback` if there is none or it is not JSON.
 *
 * @param {string} name
 * @param {any} fallback
 * @returns {any}
 */
export function readItem(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null") ?? fallback;
  } catch {
    return memory.get(name) ?? fallback;
  }
}

/**
 * Stores a value; null removes the item.
 *
 * @param {string} name
 * @param {unknown} value
 */
export function writeItem(name, value) {
  memory.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is forbidden or full; `memory` has the value.
  }
}
