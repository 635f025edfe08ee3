// The screen before the desk: sign-in with a one-time code, the question before a link signs in
// another person, or a retry if the desk could not start.
import { h, query, setChildren } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { button, submitButton } from "./elements.js";
import { problemText, runBusy } from "./feedback.js";
import { field, inputOf } from "./form-fields.js";
import { confirmCode, requestCode, useToken } from "./session.js";
import { switchLanguage, words } from "./words.js";

/** The elements for a problem that prevented the start of the desk. */
export function startProblem(problem) {
  if ([401, 403].includes(problem.status)) return signInForm(words.signed_out);
  const retry = button(words.again, () => location.reload());
  return signInScreen(h("p", {}, problemText(problem)), retry);
}

/** The form for a phone number or an e-mail address; then it asks for the code that was sent. */
export function signInForm(text) {
  const input = field(words.phone_or_email, {
    name: "identity",
    required: true,
    autocomplete: "username",
  });
  const identity = inputOf(input);
  const submit = (event) => {
    event.preventDefault();
    runBusy(query("[type=submit]", event.target), async () => {
      const attempt = await requestCode(identity.value.trim());
      setChildren(query("#desk"), codeForm(identity.value.trim(), attempt));
      query("[name=code]").focus();
    });
  };
  return signInScreen(
    h("p", {}, text),
    h("form", { onsubmit: submit }, input, submitButton(words.send_code)),
    h("p", {}, h("small", {}, words.sign_in_help)),
    history.length > 1 ? button(`‹ ${words.back}`, () => history.back(), "back") : "",
  );
}

function codeForm(identity, attempt) {
  const limits = { inputmode: "numeric", maxlength: 7, autocomplete: "one-time-code" };
  const input = field(words.code, { name: "code", required: true, ...limits });
  const submit = (event) => {
    event.preventDefault();
    const code = inputOf(input).value;
    runBusy(query("[type=submit]", event.target), () => confirmCode(attempt, code));
  };
  const restart = () => setChildren(query("#desk"), signInForm(words.sign_in_text));
  return signInScreen(
    h("p", { role: "status" }, interpolate(words.code_sent, { identity })),
    h("form", { onsubmit: submit }, input, submitButton(words.sign_in)),
    button(words.no_code, restart, "plain"),
  );
}

/** Asks before the token of a link replaces the person who is signed in on this device. */
export const linkQuestion = (token, name, currentName) =>
  signInScreen(
    h("p", {}, interpolate(words.other_person, { name, current: currentName })),
    button(interpolate(words.continue_as, { name }), () => useToken(token)),
    button(interpolate(words.stay, { name: currentName }), () => location.reload(), "outline"),
  );

const signInScreen = (...children) =>
  h(
    "main",
    { class: "sign-in" },
    logo(56),
    h("h1", {}, words.title),
    ...children,
    button(words.other_language, switchLanguage, "plain"),
  );

export const logo = (size) => h("img", { src: "/favicon.svg", alt: "", width: size, height: size });
