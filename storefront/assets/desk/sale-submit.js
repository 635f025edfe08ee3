// Places the order of a sale, or sends it to the customer as a draft with a link to pay.
import { newIdempotencyKey } from "../common/api.js";
import { h, query, setChildren } from "../common/dom.js";
import { pendingRequest, sendOnce } from "../common/idempotency.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { orderPath } from "../shop/my-orders.js";
import { button, linkButton } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { fieldValue, readSale } from "./sale-form.js";
import { saleRequest } from "./sale-request.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const PENDING = "desk.pending"; // name of the stored request
const DRAFTING_ROLES = new Set(["owner", "agent", "salesman"]);

export const hasPendingOrder = () => Boolean(pendingRequest(PENDING));

export const canDraft = () => DRAFTING_ROLES.has(staff.role);

/** Places the order. A pending order of an earlier attempt is sent again instead. */
export async function placeOrder(sale) {
  const { form } = sale;
  if (!sale.lines.size && !hasPendingOrder()) return showToast(words.sell.empty, "bad");
  await runBusy(query("#place", form), async () => {
    try {
      showPlaced(sale, await sendOrder(sale));
    } catch (problem) {
      if (problem.isUnanswered) showUnanswered(form);
      throw problem;
    }
  });
}

function sendOrder(sale) {
  const buildBody = () => ({
    ...saleRequest(readSale(sale)),
    payments: [{ method: fieldValue(sale.form, "payment") }],
  });
  return sendOnce(PENDING, buildBody, (request) => callAsStaff("POST", "/orders", request));
}

const showPlaced = (sale, order) =>
  showResult(sale, words.sell.placed, order, [
    linkButton(`#/orders/${order.id}`, words.order),
    order.token ? customerLink(orderPath(order)) : "",
  ]);

/** Saves the sale as a draft at these prices. With its link the customer chooses how to pay. */
export async function createDraft(control, sale) {
  if (!sale.lines.size) return showToast(words.sell.empty, "bad");
  sale.draft ??= {
    key: newIdempotencyKey(),
    linkKey: newIdempotencyKey(),
    body: saleRequest(readSale(sale)),
  };
  await runBusy(control, async () => {
    try {
      await sendDraft(sale);
    } catch (problem) {
      if (!problem.isUnanswered) sale.draft = null;
      throw problem;
    }
  });
}

async function sendDraft(sale) {
  const { key, linkKey, body } = sale.draft;
  const draft = await callAsStaff("POST", "/drafts", { body, key });
  const { url } = await callAsStaff("POST", `/drafts/${draft.id}/pay-link`, { key: linkKey });
  showResult(sale, words.sell.drafted, draft, [customerLink(url)]);
}

const customerLink = (href) => h("a", { href }, words.link_customer);

/** Replaces the form by the number and total of the order or draft. */
const showResult = ({ form, restart }, text, { number, total }, links) =>
  setChildren(
    form,
    h(
      "article",
      { class: "card open sold" },
      h("h2", {}, interpolate(text, { number })),
      h("p", { class: "cash" }, formatMoney(total)),
      h("footer", {}, button(words.sell.next, restart), links),
    ),
  );

/** Shows that no response to the order arrived and that the button sends the same order again. */
export function showUnanswered(form) {
  query("#place", form).textContent = words.sell.retry;
  setChildren(query("#sold", form), h("p", { class: "warn" }, words.sell.unanswered));
}
