// @ts-check
// Shows an error under its field, in the page's language; the browser's own bubbles use its own.
import { h } from "./dom.js";

/**
 * Shows an error until the field is edited, and returns the field. The text goes inside the label,
 * so a screen reader reads it with the field's name; that of radio buttons goes below all of them.
 *
 * @param {any} input @param {string} text
 */
export function showError(input, text) {
  const field = input.type === "radio" ? input.closest(".choices") : input;
  clearError(field, input);
  input.setAttribute("aria-invalid", "true");
  field.after(h("small", { class: "wrong" }, text));
  field.addEventListener("input", () => clearError(field, input), { once: true });
  return input;
}

/** @param {any} field @param {any} input */
function clearError(field, input) {
  input.removeAttribute("aria-invalid");
  if (field.nextElementSibling?.matches(".wrong")) field.nextElementSibling.remove();
}
