// @ts-check
// The next steps of a fulfillment, by its status and the role of the staff member.

/**
 * @typedef {object} Fulfillment
 * @property {string} status
 * @property {string} method
 * @property {string} [kind] of its location
 * @property {boolean} [pays_first] a payment that must arrive before the goods leave has not
 * @property {{ amount: number }} [cash_to_collect]
 * @property {boolean} [cash_with_last] the order's last delivery collects the cash, not this one
 */

/** @type {Record<string, string[]>} */
const DELIVERY_STEPS = {
  ready: ["dispatch"],
  in_transit: ["deliver", "fail"],
  failed_attempt: ["dispatch", "back"],
};
const HANDED_OVER_METHODS = new Set(["pickup", "handover"]);
const REJECTABLE = new Set(["assigned", "accepted", "picking"]);

/**
 * The steps to offer; the API refuses all others.
 *
 * @param {Fulfillment} fulfillment
 * @param {string} role
 */
export function nextSteps({ status, method, kind }, role) {
  if (role === "courier") return method === "ship" ? (DELIVERY_STEPS[status] ?? []) : [];
  const lastStep = HANDED_OVER_METHODS.has(method) ? "handover" : "dispatch";
  return stepsAtLocation(kind === "van", lastStep)[status] ?? [];
}

/** A van has no picking: its goods are loaded already. @returns {Record<string, string[]>} */
const stepsAtLocation = (/** @type {boolean} */ isVan, /** @type {string} */ lastStep) =>
  isVan
    ? { ...DELIVERY_STEPS, accepted: [lastStep], ready: [lastStep] }
    : {
        ...DELIVERY_STEPS,
        assigned: ["accept"],
        accepted: ["pick"],
        picking: ["ready"],
        ready: [lastStep],
      };

/** @param {Fulfillment} fulfillment @param {string} role */
export const canReject = ({ status }, role) => role !== "courier" && REJECTABLE.has(status);

const LEAVING_STEPS = new Set(["dispatch", "handover"]);

/** Whether the step waits for a payment. @param {Fulfillment} fulfillment @param {string} step */
export const awaitsPayment = ({ pays_first: paysFirst }, step) =>
  Boolean(paysFirst) && LEAVING_STEPS.has(step);

const COLLECTING_STEPS = new Set(["deliver", "handover"]);

/** Whether the step books cash on delivery. @param {Fulfillment} fulfillment @param {string} step */
export const booksCash = ({ cash_to_collect: due, cash_with_last: isWithLast }, step) =>
  COLLECTING_STEPS.has(step) && !isWithLast && (due?.amount ?? 0) > 0;
