// The customer of a sale: found by phone number, or typed.
import { h } from "../common/dom.js";
import { field, fieldset } from "./form-fields.js";
import { fieldValue } from "./sale-form.js";
import { callAsStaff } from "./session.js";
import { words } from "./words.js";

export function customerFields(sale) {
  const phoneAttributes = { name: "phone", type: "tel", inputmode: "tel", autocomplete: "off" };
  const phone = field(words.sell.phone, phoneAttributes);
  phone.addEventListener("change", ({ target }) => findCustomer(sale, target.value.trim()));
  const name = field(words.sell.name, { name: "name", autocomplete: "off", maxlength: 100 });
  return fieldset(words.sell.customer, h("div", { class: "pair" }, phone, name));
}

/** Fills the form with a chosen customer, in place of another one of an unfinished sale. */
export async function loadCustomer(sale, id) {
  const customer = await callAsStaff("GET", `/customers/${encodeURIComponent(id)}`);
  if (sale.customerId !== id)
    for (const name of ["phone", "street", "postcode"]) sale.form.elements[name].value = "";
  fillCustomer(sale, customer);
}

async function findCustomer(sale, phone) {
  sale.customerId = "";
  if (!phone) return;
  try {
    const { items } = await callAsStaff("GET", `/customers?phone=${encodeURIComponent(phone)}`);
    if (items.length) fillCustomer(sale, items[0]);
  } catch {
    // An invalid number is reported when the order is placed.
  }
}

/** Fills the name, and the fields that are empty. */
function fillCustomer(sale, { id, name, phone, address }) {
  const { elements } = sale.form;
  sale.customerId = id;
  elements.name.value = name;
  if (!fieldValue(sale.form, "phone")) elements.phone.value = phone || "";
  if (address && !fieldValue(sale.form, "street")) {
    elements.street.value = address.street || "";
    elements.postcode.value = address.postcode || "";
  }
  sale.refresh();
}
