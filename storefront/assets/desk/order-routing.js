// The fulfillments of an order, and the candidates of each routing decision with their verdicts.
import { h } from "../common/dom.js";
import { badge } from "./elements.js";
import { locationName } from "./reference-data.js";
import { kilometersText, words } from "./words.js";

export const orderRouting = ({ decisions, fulfillments }) => [
  fulfillments.map(fulfillmentText),
  decisions.length
    ? h("details", {}, h("summary", {}, words.routing), decisions.map(candidateTable))
    : "",
];

const fulfillmentText = ({ location, status, fulfiller }) =>
  h(
    "p",
    { class: "facts" },
    locationName(location),
    " ",
    badge(status),
    fulfiller ? ` ${fulfiller}` : "",
  );

const candidateTable = (decision) =>
  h(
    "table",
    {},
    h("thead", {}, tableHeader()),
    h(
      "tbody",
      {},
      [...(decision.candidates || []), ...(decision.locations || [])].map(candidateRow),
    ),
  );

const tableHeader = () =>
  h(
    "tr",
    {},
    h("th", {}, words.candidates),
    h("th", { class: "number" }, words.distance_column),
    h("th", {}, words.verdict),
  );

function candidateRow({ location, staff: staffId, distance_meters: meters, verdict }) {
  const distance = meters == null ? "–" : `${kilometersText(meters)} km`;
  return h(
    "tr",
    {},
    h("td", {}, locationName(location), staffId ? h("small", {}, staffId) : ""),
    h("td", { class: "number" }, distance),
    h("td", {}, words.verdicts[verdict] || String(verdict ?? "")),
  );
}
