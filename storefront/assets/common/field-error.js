// @ts-check
// Shows an error under its field, in the page's language; the browser's own bubbles use its own.
import { h } from "./dom.js";

/**
 * Shows an error until the field is edited, and returns the field. The text goes inside the label,
 * so a screen reader reads it with the field's name.
 *
 * @param {any} input @param {string} text
 */
export function showError(input, text) {
  clearError(input);
  input.setAttribute("aria-invalid", "true");
  input.after(h("small", { class: "wrong" }, text));
  input.addEventListener("input", () => clearError(input), { once: true });
  return input;
}

/** @param {any} input */
function clearError(input) {
  input.removeAttribute("aria-invalid");
  if (input.nextElementSibling?.matches(".wrong")) input.nextElementSibling.remove();
}
