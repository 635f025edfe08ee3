// A refusal in the shopper's language, with what to change; OutOfStock lists what is left.
import { h } from "../common/dom.js";
import { interpolate, namedPart } from "../common/text.js";
import { words } from "./words.js";

const NEEDS_ERRORS = new Set(["invalid", "unreadable"]); // other codes say enough without them

export function kindly(problem, { names = {}, after } = {}) {
  const otherwise = problem.unanswered ? words.problems.bug : words.problems.refused;
  return h(
    "div",
    { class: "problem" },
    h("p", {}, h("b", {}, words.problems[problem.code] || otherwise)),
    list(details(problem.code, problem.facts || {}, names)),
    after || "",
  );
}

function details(code, { short, skus, errors }, names) {
  const nameOf = (sku) => names[sku] || sku;
  if (Array.isArray(short)) return short.map((line) => shortText(line, nameOf(line.sku)));
  if (Array.isArray(skus)) return skus.map(nameOf);
  if (NEEDS_ERRORS.has(code) && Array.isArray(errors))
    return errors.map(({ field }) => words.mend[namedPart(field, words.mend)]).filter(Boolean);
  return [];
}

export const shortText = (line, name) => interpolate(words.wanted_available, { ...line, name });

const list = (lines) =>
  lines.length ? h("ul", {}, ...lines.map((line) => h("li", {}, line))) : "";
