"""What a cart would cost here and now, what of it is there, and how it could be delivered and paid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.orders.check_order import check_order
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import OrderContext, load_all_locations, load_context
from chalicelib.orders.price import quote_order
from chalicelib.payments.model import PAYMENT_METHODS
from chalicelib.places import find as places
from chalicelib.stock.inbound import plan_with_inbound
from chalicelib.stock.model import OutOfStock


def quote_cart(command: PlaceOrder) -> dict[str, Any]:
    """Never refuses for lack of stock: a cart page has to show what is short."""
    context = load_all_locations(command, load_context(command))
    check_order(command, context)
    quoted = quote_order(command, context)

    def short_at(locations: list[str]) -> list[dict[str, Any]]:
        stock = replace(context.stock, preference=locations)
        try:
            plan_with_inbound(command.demand, stock, replace(context.inbound, preference=locations), backorder=False)
        except OutOfStock as refused:
            return list(refused.facts["short"])
        return []

    stores = [one for one in places.load_locations().values() if one.kind == "store" and one.active]
    pickup = [one for one in stores if one.id in context.preference and not short_at([one.id])]
    return {
        "lines": [line.to_json() for line in quoted.lines],
        "freight": quoted.freight.to_json(),
        "tax_included": quoted.tax_included.to_json(),
        "total": quoted.total.to_json(),
        "coupons_used": list(quoted.coupons_used),
        "short": short_at(list(context.preference)),
        "delivery": [{"method": "ship"}]
        + [{"method": "pickup", "location": one.id, "name": one.name, "address": one.address} for one in pickup],
        "payments": [code for code in PAYMENT_METHODS if is_method_available(code, command, context)],
    }


def is_method_available(method: str, command: PlaceOrder, context: OrderContext) -> bool:
    allowed = context.channel.tenders
    if allowed and method not in allowed:
        return False
    if method == "cash":
        return command.channel in ("pos", "sfa")
    return method != "credit" or context.credit is not None
