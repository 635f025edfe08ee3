// @ts-check
// Builds the bodies of `POST /quotes` and `POST /orders` from the checkout form.

/**
 * @typedef {object} CheckoutForm
 * @property {Record<string, string>} fields trimmed values by name
 * @property {{ sku: string, quantity: number }[]} lines
 * @property {string} placement
 * @property {string} country of the shop; the form has no field for a country
 * @property {"id" | "en"} language of the page, in which messages about the order are written
 * @property {boolean} backorder whether the shopper agreed to wait
 * @property {{ amount: number, currency: string }} [quotedTotal] the total that is shown
 */

const MIN_POSTCODE_LENGTH = 4; // digits that must be typed before a quote includes delivery

/** @param {CheckoutForm} form */
export function quoteRequest({ fields, lines, placement, country }) {
  return {
    ...commonBody(fields, lines, placement),
    ...(isDestinationKnown(fields) && { delivery: deliveryOf(fields, country) }),
  };
}

/** @param {CheckoutForm} form */
export function orderRequest({ fields, lines, placement, ...form }) {
  const { country, language, backorder, quotedTotal } = form;
  return {
    ...commonBody(fields, lines, placement),
    customer: withoutEmpty({ name: fields.name, phone: fields.phone, email: fields.email }),
    delivery: deliveryOf(fields, country),
    payments: [{ method: fields.payment }],
    language,
    ...(backorder && { backorder: true }),
    ...(quotedTotal && { expected_total: quotedTotal }),
    ...withoutEmpty({ note: fields.note }),
  };
}

/**
 * @param {Record<string, string>} fields
 * @param {CheckoutForm["lines"]} lines
 * @param {string} placement
 */
const commonBody = (fields, lines, placement) => ({
  channel: "web",
  lines,
  ...withoutEmpty({ placement }),
  ...(fields.coupon && { coupons: [fields.coupon.toUpperCase()] }),
});

/** @param {Record<string, string>} fields */
const isDestinationKnown = ({ delivery, location, postcode }) =>
  delivery === "pickup" ? Boolean(location) : postcode.length >= MIN_POSTCODE_LENGTH;

/** @param {Record<string, string>} fields @param {string} country */
function deliveryOf({ delivery, location, street, city, postcode }, country) {
  if (delivery === "pickup") return { method: "pickup", location };
  return { method: "ship", address: { street, city, postcode, country } };
}

const withoutEmpty = (/** @type {Record<string, string | undefined>} */ fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value));
