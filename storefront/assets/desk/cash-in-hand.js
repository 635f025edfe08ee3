// The cash that a salesman or courier collected on delivery without an open drawer. It is in their
// cash bag until a cashier, finance or the owner receives it.
import { h, setChildren } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { interpolate } from "../common/text.js";
import { callAsStaff, staff } from "./session.js";
import { words } from "./words.js";

const COLLECTING_ROLES = new Set(["salesman", "courier", "cashier"]);

/** Shows the cash in hand in a container, which is emptied if there is none. */
export async function showCashInHand(container) {
  if (!COLLECTING_ROLES.has(staff.role)) return;
  const path = `/shifts/cod:${encodeURIComponent(staff.id)}`;
  const bag = await callAsStaff("GET", path).catch(() => null); // 404 before the first delivery
  const hasCash = bag && bag.expected.amount > 0;
  setChildren(container, hasCash ? cashText(bag.expected) : "");
}

const cashText = (expected) =>
  h(
    "p",
    { class: "till cash" },
    interpolate(words.work.cash_in_hand, { amount: formatMoney(expected) }),
  );
