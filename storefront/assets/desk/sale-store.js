// @ts-check
// The unfinished sale of a staff member. It is stored on this device, so that another tab of the
// desk, a reload or a lost connection does not lose what was typed.
import { readItem, writeItem } from "../common/storage.js";

/** @typedef {import("./sale-request.js").SaleForm} SaleForm */

const TYPED_FIELDS = ["phone", "name", "street", "postcode", "coupon"];
const itemName = (/** @type {string} */ staffId) => `desk.sale.${staffId}`;

/** @param {string} staffId @returns {SaleForm | null} */
export const loadSale = (staffId) => readItem(itemName(staffId), null);

/**
 * Stores the sale; one without goods and without typed text is removed.
 *
 * @param {string} staffId
 * @param {SaleForm | null} sale
 */
export const saveSale = (staffId, sale) =>
  writeItem(itemName(staffId), sale && isBegun(sale) ? sale : null);

/** @param {SaleForm} sale */
export const isBegun = ({ fields, lines }) =>
  lines.length > 0 || TYPED_FIELDS.some((name) => Boolean(fields[name]));
