// Shows errors under their fields in the page's language; the browser's own bubbles use its own.
import { h, queryAll } from "../common/dom.js";
import { words } from "./words.js";

/** Whether all visible fields are valid; shows the errors and focuses the first invalid field. */
export function isValid(form) {
  const invalid = queryAll("input, select", form).filter(
    (input) => input.offsetParent && !input.checkValidity(),
  );
  for (const input of invalid)
    showError(input, words.field_errors[input.name] || words.problems.invalid);
  invalid[0]?.focus();
  return !invalid.length;
}

/**
 * Shows an error until the field is edited, and returns the field. The text goes inside the label,
 * so a screen reader reads it with the field's name; that of radio buttons goes below all of them.
 */
export function showError(input, text) {
  const field = input.type === "radio" ? input.closest(".choices") : input;
  clearError(field, input);
  input.setAttribute("aria-invalid", "true");
  field.after(h("small", { class: "wrong" }, text));
  field.addEventListener("input", () => clearError(field, input), { once: true });
  return input;
}

function clearError(field, input) {
  input.removeAttribute("aria-invalid");
  if (field.nextElementSibling?.matches(".wrong")) field.nextElementSibling.remove();
}
