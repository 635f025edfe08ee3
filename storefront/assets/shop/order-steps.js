// @ts-check
// The steps of an order as a shopper sees them, from the states that the API answers.

/** @typedef {{ method: string, status: string }} Payment */
/**
 * @typedef {object} Order
 * @property {string} fulfillment_status
 * @property {Payment[]} [payments]
 * @property {{ method: string }} [delivery]
 */
/** @typedef {{ name: string, done: boolean }} Step */

const PAID_BEFORE_DELIVERY = new Set(["transfer"]);
const HANDED_OVER = new Set(["partly_shipped", "shipped", "delivered"]);
const WITHOUT_FULFILLER = new Set(["offered", "unassigned"]);

/** @returns {Step[]} */
export function orderSteps(/** @type {Order} */ order) {
  const status = order.fulfillment_status;
  const delivered = status === "delivered";
  return [
    { name: "placed", done: true },
    ...paymentSteps(order.payments ?? []),
    {
      name: WITHOUT_FULFILLER.has(status) ? "offered" : "assigned",
      done: HANDED_OVER.has(status),
    },
    { name: order.delivery?.method === "pickup" ? "ready" : "shipped", done: delivered },
    { name: "delivered", done: delivered },
  ];
}

/** @returns {Step[]} */
function paymentSteps(/** @type {Payment[]} */ payments) {
  const before = payments.filter((payment) => PAID_BEFORE_DELIVERY.has(payment.method));
  if (!before.length) return [];
  if (before.every(isCaptured)) return [{ name: "paid", done: true }];
  const isProven = before.some((payment) => payment.status === "proof_submitted");
  return [{ name: isProven ? "proof" : "unpaid", done: false }];
}

const isCaptured = (/** @type {Payment} */ payment) => payment.status === "captured";

export const hasCaptured = (/** @type {Order} */ order) => (order.payments ?? []).some(isCaptured);
