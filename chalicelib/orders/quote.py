"""Quoting a cart: its prices, missing stock, and the ways it can be delivered and paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.orders.check_order import check_order
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import OrderContext, home_address, load_all_locations, load_context
from chalicelib.orders.model import Delivery
from chalicelib.orders.price import check_customer_limits, quote_order
from chalicelib.payments.model import PAYMENT_METHODS
from chalicelib.places import find as places
from chalicelib.stock.inbound import plan_with_inbound
from chalicelib.stock.model import OutOfStock


def quote_cart(command: PlaceOrder) -> dict[str, Any]:
    """Return the cart's quote as JSON. Missing stock is listed in `short` and raises nothing."""
    context = load_all_locations(command, load_context(command))
    check_order(command, context)
    check_customer_limits(context)
    quoted = quote_order(command, context)

    return {
        "lines": [line.to_json() for line in quoted.lines],
        "freight": quoted.freight.to_json(),
        "tax_included": quoted.tax_included.to_json(),
        "total": quoted.total.to_json(),
        "coupons_used": list(quoted.coupons_used),
        "short": list_shortages(command, context, context.preference),
        "delivery": [{"method": "ship"}, *list_pickups(command, context)],
        **located_by_to_json(command, context),
        "payments": [code for code in PAYMENT_METHODS if is_method_available(code, command, context)],
    }


def located_by_to_json(command: PlaceOrder, context: OrderContext) -> dict[str, Any]:
    """Return {"located_by": …} for a delivery with a postcode or position: `address`, `postcode`, `area` or null.

    Salesmen near the delivery are found only with a position; with null the order goes to a warehouse.
    """
    delivery, home = command.delivery, home_address(command, context.customer)
    address = home.to_json() if home else delivery.address or {}
    is_located = bool(delivery.point or context.point or address.get("postcode"))
    return {"located_by": context.located_by} if delivery.method == "ship" and is_located else {}


def list_shortages(command: PlaceOrder, context: OrderContext, locations: Sequence[str]) -> list[dict[str, Any]]:
    """Return the facts of OutOfStock for each SKU that these locations cannot serve."""
    stock = replace(context.stock, preference=locations)
    try:
        plan_with_inbound(command.demand, stock, replace(context.inbound, preference=locations), backorder=False)
    except OutOfStock as refused:
        return list(refused.facts["short"])
    return []


def list_pickups(command: PlaceOrder, context: OrderContext) -> list[dict[str, Any]]:
    """Return the pickup locations that have the whole cart, as delivery methods."""
    if command.delivery.method != "ship":  # the context has the levels of the chosen store only
        command = replace(command, delivery=Delivery("ship"))
        context = load_all_locations(command, context)
    return [
        {"method": "pickup", "location": store.id, "name": store.name, "address": store.address}
        for store in places.list_pickup_locations()
        if store.id in context.preference and not list_shortages(command, context, [store.id])
    ]


def is_method_available(method: str, command: PlaceOrder, context: OrderContext) -> bool:
    allowed = context.channel.tenders
    if allowed and method not in allowed:
        return False
    if method == "cash":
        return command.channel in ("pos", "sfa")
    return method != "credit" or context.credit is not None
