// A refusal in the shopper's words and language, with what to mend; OutOfStock lists what is left.
import { h, say } from "../common/dom.js";
import { words } from "./words.js";

const MANY = new Set(["invalid", "unreadable"]); // they say nothing without their errors; other codes say it all

export function kindly(problem, { names = {}, after } = {}) {
  const { code, facts } = problem;
  const text = words.problems[code] || (problem.unanswered ? words.problems.bug : words.problems.refused);
  return h("div", { class: "problem" }, h("p", {}, h("b", {}, text)), details(code, facts || {}, names), after || "");
}

function details(code, facts, names) {
  if (Array.isArray(facts.short)) return list(facts.short.map((each) => say(words.wanted_available, { ...each, name: names[each.sku] || each.sku })));
  if (Array.isArray(facts.skus)) return list(facts.skus.map((sku) => names[sku] || sku));
  if (MANY.has(code) && Array.isArray(facts.errors)) return list(facts.errors.map(({ field }) => words.mend[named(field)]).filter(Boolean));
  return "";
}

/** `customer.phone` and `coupons.SALE` are said by the part of them that we have words for. */
export const named = (field) => field.split(".").reverse().find((part) => part in words.mend) || "";

const list = (lines) => lines.length > 0 && h("ul", {}, lines.map((line) => h("li", {}, line)));
