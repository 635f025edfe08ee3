"""How an order is told to the outside: the shape of design's doors, the same for placing, asking and listing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.money import Money
from chalicelib.orders.model import Order, OrderLine
from chalicelib.payments import find as payments_of
from chalicelib.payments.model import Payment


def order_to_json(order: Order, payments: Sequence[Payment]) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "channel": order.channel,
        "placement": order.placement or None,
        "placed_at": clock.iso(order.placed_at),
        "status": order.status,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        "customer_id": order.customer_id or None,
        "customer": order.contact or None,
        "lines": [line_to_json(line) for line in order.lines],
        "freight": order.freight.to_json(),
        "tax_included": order.tax.to_json(),
        "total": order.total.to_json(),
        "coupons": list(order.coupons),
        "delivery": {
            "method": order.delivery.method,
            "location": order.delivery.location,
            "address": order.delivery.address,
        },
        "allocations": [piece.to_json() for piece in order.pieces],
        "reserved_until": clock.iso(order.reserved_until) if order.reserved_until else None,
        "payments": [payments_of.payment_to_json(payment) for payment in payments],
        "brought_by": order.bringer or None,
        "created_by": order.actor,
        "location": order.location or None,
        "reason": order.reason or None,
        "note": order.note or None,
        "ref": order.ref or None,
    }


def line_to_json(line: OrderLine) -> dict[str, Any]:
    currency = line.total.currency
    return {
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price.to_json(),
        "adjustments": [
            {
                "code": each["code"],
                "says": each["says"],
                "kind": each["kind"],
                "amount": Money(each["amount_minor"], currency).to_json(),
            }
            for each in line.adjustments
        ],
        "total": line.total.to_json(),
    } | promised_days_to_json(line)


def promised_days_to_json(line: OrderLine) -> dict[str, Any]:
    """Only where something was not in stock and is promised for a day."""
    return {"later": [{"quantity": units, "on": on} for units, on in line.later]} if line.later else {}


def redact_for_customer(told: dict[str, Any]) -> dict[str, Any]:
    """What the holder of an order's link sees: nothing of who served it, where it lies or what else there is."""
    hidden = {"allocations", "created_by", "location", "customer_id", "ref"}
    return {name: value for name, value in told.items() if name not in hidden}


def order_to_summary(order: Order) -> dict[str, Any]:
    """One line of a list."""
    return {
        "id": order.id,
        "number": order.number,
        "channel": order.channel,
        "placed_at": clock.iso(order.placed_at),
        "status": order.status,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        "customer_id": order.customer_id or None,
        "location": order.location or None,
        "created_by": order.actor,
        "units": sum(line.quantity for line in order.lines),
        "total": order.total.to_json(),
    }


def orders_to_summaries(orders: Iterable[Order]) -> list[dict[str, Any]]:
    return [order_to_summary(order) for order in orders]
