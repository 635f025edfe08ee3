// @ts-check
// What a seller may choose for a sale, and the bodies of its requests.

/**
 * @typedef {object} Sale
 * @property {Record<string, string>} fields of the form, trimmed, by name
 * @property {[string, number][]} lines SKU and quantity
 * @property {string} customerId "" for a customer who is not known yet
 * @property {string} country of the shop
 */

const BY_HAND = new Set(["pos", "sfa"]);
const DRAFTED = new Set(["phone", "social", "whatsapp", "sfa"]);
const POSTCODE_LENGTH = 5;

/**
 * What this channel and way of delivery exclude.
 *
 * @param {string} channel
 * @param {string} method
 */
export const choicesFor = (channel, method) => ({
  handover: BY_HAND.has(channel),
  cash: BY_HAND.has(channel),
  cod: method !== "handover",
  draft: DRAFTED.has(channel) && method !== "handover",
});

/** The body of a quote: without a delivery until its postcode is complete. */
export function quoteRequest(/** @type {Sale} */ sale) {
  const { delivery, ...rest } = saleRequest(sale);
  const { method, postcode } = sale.fields;
  return method === "ship" && postcode.length !== POSTCODE_LENGTH ? rest : { ...rest, delivery };
}

/** The body of a draft; an order adds its payments. */
export function saleRequest(/** @type {Sale} */ { fields, lines, customerId, country }) {
  const customer = customerOf(fields, customerId);
  return {
    channel: fields.channel,
    lines: lines.map(([sku, quantity]) => ({ sku, quantity })),
    delivery: deliveryOf(fields, country),
    ...(customer && { customer }),
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
