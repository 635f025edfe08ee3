// What is wrong with a field stands under it, in the page's own language; a browser's bubble would speak the browser's.
import { all, h } from "../common/dom.js";
import { words } from "./words.js";

/** Every visible field as it must be; the first that is not gets the focus. */
export function isFilled(form) {
  const bad = all("input, select", form).filter((input) => input.offsetParent && !input.checkValidity());
  for (const input of bad) wrong(input, words.mend[input.name] || words.problems.invalid);
  bad[0]?.focus();
  return !bad.length;
}

/** Inside the label, so that it is read out with the field's name. */
export function wrong(input, text) {
  right(input);
  input.setAttribute("aria-invalid", "true");
  input.after(h("small", { class: "wrong" }, text));
  input.addEventListener("input", () => right(input), { once: true });
  return input;
}

function right(input) {
  input.removeAttribute("aria-invalid");
  if (input.nextElementSibling?.matches(".wrong")) input.nextElementSibling.remove();
}
