// @ts-check
// The order in which the ledger shows its kinds of rows.

const ORDER = [
  "captured",
  "collected",
  "credit",
  "promised",
  "owed_back",
  "refunded",
  "handed_over",
];

/**
 * Groups ledger rows by kind: money received first, promised money after it, unknown kinds last.
 *
 * @template {{ kind: string }} Row
 * @param {Row[]} rows
 * @returns {[string, Row[]][]}
 */
export function groupByKind(rows) {
  const kinds = [...new Set(rows.map((row) => row.kind))].sort((a, b) => rank(a) - rank(b));
  return kinds.map((kind) => [kind, rows.filter((row) => row.kind === kind)]);
}

function rank(/** @type {string} */ kind) {
  const index = ORDER.indexOf(kind);
  return index < 0 ? ORDER.length : index;
}
