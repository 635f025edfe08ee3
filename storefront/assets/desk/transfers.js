// Stock transfers on their way to a location, each with a button to receive it.
import { newIdempotencyKey } from "../common/api.js";
import { h } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { button, goodsList } from "./elements.js";
import { runBusy, showToast } from "./feedback.js";
import { locationName } from "./reference-data.js";
import { callAsStaff } from "./session.js";
import { words } from "./words.js";

/** `onReceived` is called after the API recorded a receipt. */
export async function incomingTransfers(location, onReceived) {
  const path = `/stock/transfers?location=${encodeURIComponent(location)}`;
  const { items } = await callAsStaff("GET", path);
  return items
    .filter(({ destination }) => destination === location)
    .map((transfer) => transferCard(transfer, onReceived));
}

function transferCard({ id, source, lines }, onReceived) {
  const key = newIdempotencyKey();
  const receive = async () => {
    await callAsStaff("POST", `/stock/transfers/${id}/receive`, { body: {}, key });
    showToast(words.done);
    onReceived();
  };
  const onclick = (event) => runBusy(event.target, receive);
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, words.stock.incoming)),
    h("p", {}, interpolate(words.stock.from, { place: locationName(source) })),
    goodsList(lines.map(remainingUnits)),
    h("footer", {}, button(words.actions.receive, onclick)),
  );
}

const remainingUnits = ({ sku, sent, received }) => ({ sku, quantity: sent - received });
