// @ts-check
// What this device remembers. Where storage is forbidden, memory keeps it until the page is closed.

const PREFIX = "kanal.";
const memory = new Map();

/**
 * @param {string} name
 * @param {any} fallback for a name without a value
 * @returns {any}
 */
export function read(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null") ?? fallback;
  } catch {
    return memory.get(name) ?? fallback;
  }
}

/**
 * @param {string} name
 * @param {unknown} value null removes the name
 */
export function write(name, value) {
  memory.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // storage is forbidden or full: memory has it
  }
}
