// The screen before sign-in: a field for the token, or a retry if the desk could not start.
import { h } from "../common/dom.js";
import { button, submitButton } from "./elements.js";
import { problemText } from "./feedback.js";
import { signIn } from "./session.js";
import { words } from "./words.js";

/** The elements for a problem that prevented the start of the desk. */
export function startProblem(problem) {
  if ([401, 403].includes(problem.status)) return signInForm(words.signed_out);
  const retry = button(words.again, () => location.reload());
  return h("main", { class: "sign-in" }, h("p", {}, problemText(problem)), retry);
}

export function signInForm(text) {
  const attributes = { name: "token", required: true, autocomplete: "off", spellcheck: "false" };
  const token = h("input", attributes);
  const submit = (event) => {
    event.preventDefault();
    signIn(token.value);
  };
  const label = h("label", {}, words.token, token);
  return h(
    "main",
    { class: "sign-in" },
    logo(56),
    h("h1", {}, words.title),
    h("p", {}, text),
    h("form", { onsubmit: submit }, label, submitButton(words.sign_in)),
    h("p", {}, h("small", {}, words.sign_in_help)),
    history.length > 1 ? button(`‹ ${words.back}`, () => history.back(), "back") : "",
  );
}

export const logo = (size) => h("img", { src: "/favicon.svg", alt: "", width: size, height: size });
