// @ts-check
// The progress of an order as a shopper sees it, from the order's payments and fulfillment status.

/** @typedef {{ method: string, status: string }} Payment */
/**
 * @typedef {object} Order
 * @property {string} [status]
 * @property {string} fulfillment_status
 * @property {Payment[]} [payments]
 * @property {{ method: string }} [delivery]
 * @property {{ ready: boolean }} [pickup] of a placed pickup order
 */
/** @typedef {{ name: string, done: boolean }} Step */

const PAID_BEFORE_DELIVERY = new Set(["transfer"]);
const LEFT_LOCATION = new Set(["partly_shipped", "shipped", "delivered"]);
const CANCELLABLE = new Set(["unassigned", "offered", "assigned", "returned"]);
const WITHOUT_FULFILLER = new Set(["offered", "unassigned"]);

/** @returns {Step[]} */
export function orderSteps(/** @type {Order} */ order) {
  const { delivery, payments = [] } = order;
  const steps = delivery?.method === "pickup" ? pickupSteps(order) : shippingSteps(order);
  const remaining = cameBack(order) ? [{ name: "returned", done: false }] : steps;
  return [{ name: "placed", done: true }, ...paymentSteps(payments), ...remaining];
}

/** Whether all goods came back, and the shop or the customer decides what comes next. */
export const cameBack = (/** @type {Order} */ { status, fulfillment_status }) =>
  status === "placed" && fulfillment_status === "returned";

/** Whether the API lets the customer cancel the order. */
export const canCancel = (/** @type {Order} */ { status, fulfillment_status }) =>
  status === "placed" && CANCELLABLE.has(fulfillment_status);

/** @returns {Step[]} */
function shippingSteps(/** @type {Order} */ { fulfillment_status: status }) {
  const isDelivered = status === "delivered";
  return [
    {
      name: WITHOUT_FULFILLER.has(status) ? "offered" : "assigned",
      done: LEFT_LOCATION.has(status),
    },
    { name: "shipped", done: isDelivered },
    { name: "delivered", done: isDelivered },
  ];
}

/** @returns {Step[]} */
function pickupSteps(/** @type {Order} */ { fulfillment_status: status, pickup }) {
  const isCollected = status === "delivered";
  return [
    { name: "assigned", done: isCollected || Boolean(pickup?.ready) },
    { name: "ready", done: isCollected },
    { name: "collected", done: isCollected },
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
