// @ts-check
// What may be done next with a fulfillment, by its state and the role of who looks at it.

/** @typedef {{ status: string, method: string, kind?: string }} Fulfillment */

/** @type {Record<string, string[]>} */
const ON_THE_ROAD = {
  ready: ["dispatch"],
  in_transit: ["deliver", "fail"],
  failed_attempt: ["dispatch"],
};
const LEAVES_BY_HAND = new Set(["pickup", "handover"]);
const REJECTABLE = new Set(["assigned", "accepted", "picking"]);

/**
 * The steps to offer; the API refuses all others.
 *
 * @param {Fulfillment} work
 * @param {string} role
 */
export function nextSteps(work, role) {
  if (role === "courier") return work.method === "ship" ? (ON_THE_ROAD[work.status] ?? []) : [];
  const leave = LEAVES_BY_HAND.has(work.method) ? "handover" : "dispatch";
  return stepsAtThePlace(work.kind === "van", leave)[work.status] ?? [];
}

/** @returns {Record<string, string[]>} */
const stepsAtThePlace = (/** @type {boolean} */ isVan, /** @type {string} */ leave) =>
  isVan
    ? { ...ON_THE_ROAD, accepted: [leave], ready: [leave] }
    : {
        ...ON_THE_ROAD,
        assigned: ["accept"],
        accepted: ["pick"],
        picking: ["ready"],
        ready: [leave],
      };

/** @param {Fulfillment} work @param {string} role */
export const canReject = (work, role) => role !== "courier" && REJECTABLE.has(work.status);
