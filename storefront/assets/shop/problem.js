// A refusal in the shopper's words, with what to mend; OutOfStock lists what is left.
import { h, say } from "../common/dom.js";
import { words } from "./words.js";

export function kindly(problem, { names = {}, after } = {}) {
  const { code, facts } = problem;
  const text = words.problems[code] || (code === "unreadable" ? words.problems.invalid : "") || facts?.detail || words.problems.bug;
  return h("div", { class: "problem" }, h("p", {}, h("b", {}, text)), details(code, facts || {}, names), after || "");
}

function details(code, facts, names) {
  if (Array.isArray(facts.short)) return list(facts.short.map((each) => say(words.wanted_available, { ...each, name: names[each.sku] || each.sku })));
  if (Array.isArray(facts.skus)) return list(facts.skus.map((sku) => names[sku] || sku));
  if (Array.isArray(facts.errors)) return list(facts.errors.map((each) => [words.fields[each.field] || each.field, each.says].filter(Boolean).join(": ")));
  return "";
}

const list = (lines) => h("ul", {}, lines.map((line) => h("li", {}, line)));
