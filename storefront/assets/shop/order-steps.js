// @ts-check
// The progress of an order as a shopper sees it, from the order's payments and fulfillment status.

/** @typedef {{ method: string, status: string }} Payment */
/**
 * @typedef {object} Order
 * @property {string} fulfillment_status
 * @property {Payment[]} [payments]
 * @property {{ method: string }} [delivery]
 */
/** @typedef {{ name: string, done: boolean }} Step */

const PAID_BEFORE_DELIVERY = new Set(["transfer"]);
const LEFT_LOCATION = new Set(["partly_shipped", "shipped", "delivered"]);
const WITHOUT_FULFILLER = new Set(["offered", "unassigned"]);

/** @returns {Step[]} */
export function orderSteps(/** @type {Order} */ order) {
  const status = order.fulfillment_status;
  const isDelivered = status === "delivered";
  return [
    { name: "placed", done: true },
    ...paymentSteps(order.payments ?? []),
    {
      name: WITHOUT_FULFILLER.has(status) ? "offered" : "assigned",
      done: LEFT_LOCATION.has(status),
    },
    { name: order.delivery?.method === "pickup" ? "ready" : "shipped", done: isDelivered },
    { name: "delivered", done: isDelivered },
  ];
}

/** One step for prepaid methods, none for those paid on delivery. @returns {Step[]} */
function paymentSteps(/** @type {Payment[]} */ payments) {
  const prepaid = payments.filter((payment) => PAID_BEFORE_DELIVERY.has(payment.method));
  if (!prepaid.length) return [];
  if (prepaid.every(isCaptured)) return [{ name: "paid", done: true }];
  const hasProof = prepaid.some((payment) => payment.status === "proof_submitted");
  return [{ name: hasProof ? "proof" : "unpaid", done: false }];
}

const isCaptured = (/** @type {Payment} */ payment) => payment.status === "captured";

export const hasCaptured = (/** @type {Order} */ order) => (order.payments ?? []).some(isCaptured);
