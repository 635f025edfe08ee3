// Places the order of a sale, or sends it to the customer as a draft with a link to pay. A sale
// without an answer moves out of the form; `sale-unanswered.js` shows it.
import { newIdempotencyKey } from "../common/api.js";
import { h, query, setChildren } from "../common/dom.js";
import { showError } from "../common/field-error.js";
import { formatMoney } from "../common/money.js";
import {
  newRequest,
  sendRequest,
  storedRequests,
  withdrawRequest,
} from "../common/sent-requests.js";
import { interpolate, lastKnownPart } from "../common/text.js";
import { orderPath } from "../shop/my-orders.js";
import { button, linkButton } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { fieldValue, readSale } from "./sale-form.js";
import { replacePrice } from "./sale-price.js";
import { saleRequest } from "./sale-request.js";
import { loadSale, saveSale } from "./sale-store.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const DRAFTING_ROLES = new Set(["owner", "agent", "salesman"]);
// Paths of errors in the API, by the input that corrects them.
const INPUTS = { name: "name", phone: "phone", customer: "phone", street: "street" };
const ADDRESS_INPUTS = { postcode: "postcode", address: "street", delivery: "street" };
const INPUT_BY_PATH = { ...INPUTS, ...ADDRESS_INPUTS, coupons: "coupon" };

export const canDraft = () => DRAFTING_ROLES.has(staff.role);

/** The key of an answer belongs to the person who sent it, and so do their stored requests. */
export const requestsName = () => `desk.sent.${staff.id}`;

export const unansweredSales = () => storedRequests(requestsName());

const linkDraft = async ({ link_key: key }, draft) => {
  const { url } = await callAsStaff("POST", `/drafts/${draft.id}/pay-link`, { key });
  return { ...draft, url };
};
/** What a request of each kind sends, and how the answer of its first request is completed. */
const KINDS = {
  order: { path: "/orders", complete: async (_request, order) => order },
  draft: { path: "/drafts", complete: linkDraft },
};

/** Sends a stored or new request. Returns its outcome, see `sendRequest`. */
export const sendSale = (request) =>
  sendRequest(requestsName(), request, async ({ kind, body, key }) => {
    const { path, complete } = KINDS[kind];
    return complete(request, await callAsStaff("POST", path, { body, key }));
  });

/** Gives up a stored request after asking the API. Returns its outcome, see `withdrawRequest`. */
export const withdrawSale = (request) =>
  withdrawRequest(requestsName(), request, async ({ kind, body, key }) => {
    const { path, complete } = KINDS[kind];
    const { answer } = await callAsStaff("POST", `${path}/withdraw`, { body, key });
    return { answer: answer && (await complete(request, answer)) };
  });

/** Sends the sale in the form as an order or a draft. `control` is the pressed button. */
export async function submitSale(sale, kind, control) {
  const { form } = sale;
  if (!sale.lines.size) {
    query("[type=search]", form).focus();
    return showToast(words.sell.empty, "bad");
  }
  const street = form.elements.street;
  if (kind === "order" && fieldValue(form, "method") === "ship" && !street.value.trim())
    return showError(street, words.field_errors.street).focus();
  await runBusy(control, async () => {
    const request = buildRequest(sale, kind);
    saveSale(staff.id, null); // until an answer it belongs to the request, not to the form
    showOutcome(sale, request, await sendSale(request));
  });
}

function buildRequest(sale, kind) {
  const content = readSale(sale);
  const payments = [{ method: fieldValue(sale.form, "payment") }];
  const quoted = sale.quote && { expected_total: sale.quote.total };
  const body = { ...saleRequest(content), ...(kind === "order" && { payments, ...quoted }) };
  const request = newRequest(body, { sale: content, total: sale.quote?.total });
  return { ...request, kind, link_key: newIdempotencyKey() };
}

/** Throws the problem of a sale that was not placed. After a refusal the form keeps its content. */
function showOutcome(sale, request, { state, answer, problem }) {
  if (state === "unanswered") {
    sale.showUnanswered(request);
    throw problem;
  }
  if (state === "refused") {
    if (!loadSale(staff.id)) saveSale(staff.id, request.shown.sale);
    showFieldErrors(sale.form, problem);
    if (problem.code === "price_changed") replacePrice(sale, problem.facts.quote);
    throw problem;
  }
  if (!sale.form.isConnected)
    return showToast(interpolate(words.sell.placed, { number: answer.number }));
  const next = button(words.sell.next, sale.restart);
  setChildren(sale.form, resultCard(request, answer, next));
  next.focus();
}

function showFieldErrors(form, { facts }) {
  const names = (facts.errors || []).map(({ field }) => lastKnownPart(field, INPUT_BY_PATH));
  const inputs = names.map((name) => form.elements[INPUT_BY_PATH[name]]).filter(Boolean);
  for (const input of inputs) showError(input, words.field_errors[input.name]);
  inputs[0]?.focus();
}

/** The number and total of a placed order or draft. `next` is the button that goes on from it. */
export function resultCard({ kind }, answer, next) {
  const isDraft = kind === "draft";
  const text = isDraft ? words.sell.drafted : words.sell.placed;
  const customerUrl = isDraft ? answer.url : answer.token && orderPath(answer);
  return h(
    "article",
    { class: "card open sold", role: "status" },
    h("h2", {}, interpolate(text, { number: answer.number })),
    h("p", { class: "cash" }, formatMoney(answer.total)),
    h(
      "footer",
      {},
      next,
      isDraft ? "" : linkButton(`#/orders/${answer.id}`, words.order),
      customerUrl ? h("a", { href: customerUrl }, words.link_customer) : "",
    ),
  );
}
