// Checks the visible fields of a form and shows their errors in the page's language.
import { queryAll } from "../common/dom.js";
import { showError } from "../common/field-error.js";
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
