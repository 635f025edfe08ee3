// @ts-check
// What staff can choose for a sale, and the bodies of `POST /quotes`, `/drafts` and `/orders`.

/**
 * @typedef {object} SaleForm
 * @property {Record<string, string>} fields trimmed values by name
 * @property {[string, number][]} lines SKU and quantity
 * @property {string} customerId "" for a customer who is not stored yet
 * @property {string} country of the shop
 */

const IN_PERSON_CHANNELS = new Set(["pos", "sfa"]);
const DRAFT_CHANNELS = new Set(["phone", "social", "whatsapp", "sfa"]);
const POSTCODE_LENGTH = 5;

/**
 * Whether a channel and a delivery method allow handover, cash, cash on delivery and a draft.
 *
 * @param {string} channel
 * @param {string} method
 */
export const choicesFor = (channel, method) => ({
  handover: IN_PERSON_CHANNELS.has(channel),
  cash: IN_PERSON_CHANNELS.has(channel),
  cod: method !== "handover",
  draft: DRAFT_CHANNELS.has(channel) && method !== "handover",
});

/** The body of a quote, which has no delivery until the postcode is complete. */
export function quoteRequest(/** @type {SaleForm} */ sale) {
  const { delivery, ...rest } = saleRequest(sale);
  const { method, postcode } = sale.fields;
  return method === "ship" && postcode.length !== POSTCODE_LENGTH ? rest : { ...rest, delivery };
}

/** The body of a draft. The body of an order has payments too. */
export function saleRequest(/** @type {SaleForm} */ { fields, lines, customerId, country }) {
  const customer = customerOf(fields, customerId);
  return {
    channel: fields.channel,
    lines: lines.map(([sku, quantity]) => ({ sku, quantity })),
    delivery: deliveryOf(fields, country),
    ...(customer && { customer }),
    ...(fields.coupon && { coupons: [fields.coupon.toUpperCase()] }),
  };
}

/** @param {Record<string, string>} fields @param {string} id */
function customerOf({ name, phone }, id) {
  if (id) return { id };
  if (!name && !phone) return null;
  return { ...(name && { name }), ...(phone && { phone }) };
}

/** @param {Record<string, string>} fields @param {string} country */
function deliveryOf({ method, street, postcode, store }, country) {
  if (method === "ship") return { method, address: { street, postcode, country } };
  return method === "pickup" ? { method, location: store } : { method };
}
