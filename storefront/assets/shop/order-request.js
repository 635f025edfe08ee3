// @ts-check
// Bodies of `POST /quotes` and `POST /orders` from what stands in the checkout form.

/**
 * @typedef {object} CheckoutForm
 * @property {Record<string, string>} fields trimmed, by name
 * @property {{ sku: string, quantity: number }[]} lines
 * @property {string} placement
 * @property {string} country of the shop: guests write no country
 * @property {boolean} backorder whether the shopper agreed to wait
 */

const POSTCODE_LENGTH = 4; // a price can be asked for when this much of it is typed

/** @param {CheckoutForm} form */
export function quoteRequest({ fields, lines, placement, country }) {
  return {
    ...whatIsBought(fields, lines, placement),
    ...(isPlaceKnown(fields) && { delivery: deliveryOf(fields, country) }),
  };
}

/** @param {CheckoutForm} form */
export function orderRequest({ fields, lines, placement, country, backorder }) {
  return {
    ...whatIsBought(fields, lines, placement),
    customer: given({ name: fields.name, phone: fields.phone, email: fields.email }),
    delivery: deliveryOf(fields, country),
    payments: [{ method: fields.payment }],
    ...(backorder && { backorder: true }),
    ...given({ note: fields.note }),
  };
}

/**
 * @param {Record<string, string>} fields
 * @param {CheckoutForm["lines"]} lines
 * @param {string} placement
 */
const whatIsBought = (fields, lines, placement) => ({
  channel: "web",
  lines,
  ...given({ placement }),
  ...(fields.coupon && { coupons: [fields.coupon.toUpperCase()] }),
});

const isPlaceKnown = (/** @type {Record<string, string>} */ { delivery, postcode }) =>
  delivery === "pickup" || postcode.length >= POSTCODE_LENGTH;

/** @param {Record<string, string>} fields @param {string} country */
function deliveryOf({ delivery, location, street, city, postcode }, country) {
  if (delivery === "pickup") return { method: "pickup", location };
  return { method: "ship", address: { street, city, postcode, country } };
}

/** Without the facts that are empty. */
const given = (/** @type {Record<string, string | undefined>} */ facts) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value));
