// The cash on delivery that salesmen and couriers have not handed over, each with a button to receive
// it: into the open drawer of a cashier, or into the safe by finance.
import { newIdempotencyKey } from "../common/api.js";
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { button } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { redraw } from "./redraw.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const RECEIVING_ROLES = new Set(["cashier", "finance"]);

/** Fills a container with the bags. `onReceived` is called after the API recorded a handover. */
export async function showCashBags(container, onReceived = () => {}) {
  if (!RECEIVING_ROLES.has(staff.role)) return;
  const page = await callAsStaff("GET", "/cash-bags").catch(() => ({ items: [] }));
  const reload = async () => {
    await showCashBags(container, onReceived);
    onReceived();
  };
  redraw(
    container,
    page.items.filter(({ cashier }) => cashier !== staff.id).map((bag) => bagButton(bag, reload)),
  );
}

function bagButton({ id, name, expected }, reload) {
  const key = newIdempotencyKey();
  const amount = formatMoney(expected);
  const receive = async () => {
    await callAsStaff("POST", `/shifts/${id}/handover`, { body: { amount: expected }, key });
    showToast(interpolate(words.till.received, { amount, name }));
    await reload();
  };
  const text = interpolate(words.till.receive, { amount, name });
  const onclick = (event) => runBusy(event.target, receive);
  return h("p", { "data-key": id }, button(text, onclick, "outline"));
}
