// The list of orders that this device remembers.
import { h } from "../common/dom.js";
import { formatMoney } from "../common/money.js";
import { catalogLink } from "./elements.js";
import { myOrders, orderPath } from "./my-orders.js";
import { localPath, whenText, words } from "./words.js";

export function orderList() {
  const orders = myOrders();
  const list = orders.length ? h("ul", { class: "orders" }, orders.map(orderItem)) : noOrders();
  return [h("h1", { class: "plain" }, words.your_orders), list];
}

const orderItem = (order) =>
  h(
    "li",
    {},
    h(
      "a",
      { href: localPath(orderPath(order)) },
      h("b", {}, order.number),
      h("span", {}, whenText(order.at)),
      h("span", { class: "price" }, formatMoney(order.total)),
    ),
  );

const noOrders = () =>
  h(
    "div",
    { class: "empty" },
    h("p", {}, words.no_orders),
    h("p", { class: "small" }, words.open_link),
    catalogLink(),
  );
