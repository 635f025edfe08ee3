// The checkout form: its values, those that the device remembers, and the choices it allows.
import { query, queryAll } from "../common/dom.js";
import { readItem, writeItem } from "../common/storage.js";
import settings from "../settings.js";
import * as cart from "./cart.js";
import { placement } from "./placement.js";
import { words } from "./words.js";

const REMEMBERED_FIELDS = ["name", "phone", "email", "street", "city", "postcode"];
const FIELDS = [...REMEMBERED_FIELDS, "delivery", "location", "coupon", "payment", "note"];

export const form = query("#checkout");

export const fieldValue = (name) => form.elements[name]?.value.trim() ?? "";

const fieldValues = (names) => Object.fromEntries(names.map((name) => [name, fieldValue(name)]));

/** The facts from which `order-request.js` builds the bodies of requests. */
export const readForm = () => ({
  fields: fieldValues(FIELDS),
  lines: cart.requestLines(),
  placement: placement(),
  country: settings.country,
  language: words.language,
  backorder: !query("#wait").hidden && form.elements.backorder.checked,
});

export function fillRememberedFields() {
  for (const [name, value] of Object.entries(readItem("me", {})))
    if (form.elements[name]) form.elements[name].value = value;
}

export const rememberFields = () => writeItem("me", fieldValues(REMEMBERED_FIELDS));

/** Shows the fields of the chosen delivery method, and requires only these. */
export function showDeliveryFields() {
  const method = fieldValue("delivery");
  for (const part of queryAll("[data-for]", form)) part.hidden = part.dataset.for !== method;
  form.elements.street.required = method === "ship";
  form.elements.postcode.required = method === "ship";
  if (form.elements.location) form.elements.location.required = method === "pickup";
}

export const chosenStoreName = () =>
  fieldValue("delivery") === "pickup"
    ? form.elements.location.selectedOptions[0]?.dataset.name
    : undefined;

/** Disables the payment methods and stores that a quote excludes. */
export function limitChoices({ payments, delivery }) {
  for (const choice of queryAll("[name=payment]", form)) {
    choice.disabled = Boolean(payments) && !payments.includes(choice.value);
    if (choice.disabled) choice.checked = false; // the shopper chooses another one
  }
  const stores = delivery
    ?.filter(({ method }) => method === "pickup")
    .map(({ location }) => location);
  for (const option of queryAll("[name=location] option[data-name]", form)) {
    const hasAll = !stores || stores.includes(option.value);
    option.disabled = !hasAll && !option.selected;
    option.textContent = option.dataset.label + (hasAll ? "" : ` (${words.store_short})`);
  }
}

/** Says at once when the postcode is unknown, because then only its area's position is known. */
export function showPosition({ located_by: locatedBy }) {
  const texts = { area: words.located_by_area, null: words.located_by_nothing };
  query("#located").textContent = texts[String(locatedBy)] ?? "";
}
