// Channel, delivery and payment of a sale: their fields, and which of their choices are allowed.
import { h, query, queryAll } from "../common/dom.js";
import settings from "../settings.js";
import { field, fieldset, select, unlabelledSelect } from "./form-fields.js";
import { allLocations } from "./reference-data.js";
import { choicesFor } from "./sale-request.js";
import { staff } from "./session.js";
import { words } from "./words.js";

const CHANNELS = {
  cashier: ["pos"],
  salesman: ["sfa"],
  agent: ["phone", "social", "whatsapp"],
  owner: ["pos", "sfa", "phone", "social", "whatsapp"],
};
const FIELDS = [
  "channel",
  "phone",
  "name",
  "method",
  "street",
  "postcode",
  "store",
  "payment",
  "coupon",
];

export function channelField() {
  const channels = CHANNELS[staff.role] || ["phone"];
  if (channels.length === 1)
    return h("input", { type: "hidden", name: "channel", value: channels[0] });
  return select(words.sell.channel, "channel", labelled(channels, words.channels));
}

const labelled = (codes, labels) => codes.map((code) => [code, labels[code]]);

export function deliveryFields() {
  const stores = allLocations()
    .filter(({ kind, active }) => kind === "store" && active)
    .map(({ id, name }) => [id, name]);
  const methods = labelled(["handover", "ship", "pickup"], words.methods);
  const street = { name: "street", maxlength: 200, autocomplete: "off" };
  const postcode = { name: "postcode", inputmode: "numeric", maxlength: 5, autocomplete: "off" };
  const address = [field(words.sell.street, street), field(words.sell.postcode, postcode)];
  return fieldset(
    words.sell.delivery,
    unlabelledSelect(words.sell.delivery, "method", methods),
    h("div", { class: "pair", "data-method": "ship" }, address),
    h("div", { "data-method": "pickup" }, select(words.sell.store, "store", stores)),
  );
}

export function paymentFields() {
  const methods = labelled(["cash", "cod", "transfer", "credit"], words.methods);
  const coupon = {
    name: "coupon",
    maxlength: 40,
    autocomplete: "off",
    autocapitalize: "characters",
  };
  return fieldset(
    words.sell.payment,
    unlabelledSelect(words.sell.payment, "payment", methods),
    field(words.sell.coupon, coupon),
  );
}

export const fieldValue = (form, name) => form.elements[name]?.value.trim() ?? "";

/** The facts from which `sale-request.js` builds the bodies of requests. */
export const readSale = ({ form, lines, customerId }) => ({
  fields: Object.fromEntries(FIELDS.map((name) => [name, fieldValue(form, name)])),
  lines: [...lines],
  customerId,
  country: settings.country,
});

/** Writes stored values into the fields; `limitChoices` then corrects those that are not allowed. */
export function fillSale(form, fields) {
  for (const [name, value] of Object.entries(fields))
    if (form.elements[name] && value) form.elements[name].value = value;
}

/** Shows only the delivery methods, payment methods and fields that the choices so far allow. */
export function limitChoices(form) {
  const { method, payment } = form.elements;
  const channel = fieldValue(form, "channel");
  limitOptions(method, choicesFor(channel, method.value), "ship");
  const allowed = choicesFor(channel, method.value); // the line above may have changed the method
  limitOptions(payment, allowed, allowed.cash ? "cash" : "transfer");
  for (const part of queryAll("[data-method]", form))
    part.hidden = part.dataset.method !== method.value;
  const draft = query("#draft", form);
  if (draft) draft.hidden = !allowed.draft;
}

/** Hides the options that `allowed` excludes; if the chosen one is, chooses `fallback`. */
function limitOptions(control, allowed, fallback) {
  for (const option of control.options) {
    option.disabled = allowed[option.value] === false;
    option.hidden = option.disabled;
  }
  if (control.selectedOptions[0]?.disabled) control.value = fallback;
}
