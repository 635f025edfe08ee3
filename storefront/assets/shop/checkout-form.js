// The checkout form: its values, those that the device remembers, and the choices it allows.
import { query, queryAll } from "../common/dom.js";
import { readItem, writeItem } from "../common/storage.js";
import settings from "../settings.js";
import * as cart from "./cart.js";
import { placement } from "./placement.js";

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
  backorder: !query("#wait").hidden && form.elements.backorder.checked,
});

export function fillRememberedFields() {
  for (const [name, value] of Object.entries(readItem("me", {})))
    if (form.elements[name]) form.elements[name].value = value;
}

export const rememberFields = () => writeItem("me", fieldValues(REMEMBERED_FIELDS));

/** Shows the fields of the chosen delivery method, and requires an address only for shipping. */
export function showDeliveryFields() {
  const method = fieldValue("delivery");
  for (const part of queryAll("[data-for]", form)) part.hidden = part.dataset.for !== method;
  form.elements.street.required = method === "ship";
  form.elements.postcode.required = method === "ship";
}

/** Disables the payment methods and stores that a quote excludes. */
export function limitChoices({ payments, delivery }) {
  const stores = delivery
    ?.filter(({ method }) => method === "pickup")
    .map(({ location }) => location);
  enableChoices(queryAll("[name=payment]", form), "checked", payments);
  enableChoices([...(form.elements.location?.options || [])], "selected", stores);
}

/** Enables the choices with these values, or all without a list; replaces a disabled choice. */
function enableChoices(choices, chosenProperty, allowed) {
  for (const choice of choices)
    choice.disabled = Boolean(allowed) && !allowed.includes(choice.value);
  const first = choices.find((choice) => !choice.disabled);
  const isChosenDisabled = choices.some((choice) => choice[chosenProperty] && choice.disabled);
  if (first && isChosenDisabled) first[chosenProperty] = true;
}
