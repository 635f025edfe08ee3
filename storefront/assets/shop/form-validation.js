// Errors stand under their fields in the page's language; the browser's own bubbles would not.
import { all, h } from "../common/dom.js";
import { words } from "./words.js";

/** Whether all visible fields are valid; marks those that are not and focuses the first. */
export function isValid(form) {
  const invalid = all("input, select", form).filter(
    (input) => input.offsetParent && !input.checkValidity(),
  );
  for (const input of invalid) showError(input, words.mend[input.name] || words.problems.invalid);
  invalid[0]?.focus();
  return !invalid.length;
}

/** Inside the label, so that a screen reader reads it with the field's name. */
export function showError(input, text) {
  clearError(input);
  input.setAttribute("aria-invalid", "true");
  input.after(h("small", { class: "wrong" }, text));
  input.addEventListener("input", () => clearError(input), { once: true });
  return input;
}

function clearError(input) {
  input.removeAttribute("aria-invalid");
  if (input.nextElementSibling?.matches(".wrong")) input.nextElementSibling.remove();
}
