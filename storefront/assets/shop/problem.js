// Problems of the API in the shopper's language, with the products or fields concerned.
import { h } from "../common/dom.js";
import { interpolate, lastKnownPart } from "../common/text.js";
import { words } from "./words.js";

const LISTS_ERRORS = new Set(["invalid", "unreadable"]); // other codes are clear without the list

/**
 * A box with a problem. `names` are product names by SKU; `action` is an element that helps to
 * solve the problem.
 */
export function problemBox(problem, { names = {}, action } = {}) {
  const fallback = problem.isUnanswered ? words.problems.bug : words.problems.refused;
  return h(
    "div",
    { class: "problem" },
    h("p", {}, h("b", {}, words.problems[problem.code] || fallback)),
    list(details(problem.code, problem.facts || {}, names)),
    action || "",
  );
}

function details(code, { short, skus, errors, cause }, names) {
  const nameOf = (sku) => names[sku] || sku;
  if (words.coupon_causes[cause]) return [words.coupon_causes[cause]];
  if (Array.isArray(short)) return short.map((line) => shortageText(line, nameOf(line.sku)));
  if (Array.isArray(skus)) return skus.map(nameOf);
  if (LISTS_ERRORS.has(code) && Array.isArray(errors)) return errors.map(errorText).filter(Boolean);
  return [];
}

const errorText = ({ field }) => words.field_errors[lastKnownPart(field, words.field_errors)];

export const shortageText = (line, name) => interpolate(words.wanted_available, { ...line, name });

const list = (texts) =>
  texts.length ? h("ul", {}, ...texts.map((text) => h("li", {}, text))) : "";
