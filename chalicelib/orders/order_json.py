"""JSON representations of an order: whole, as one line of a list, and redacted for its customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import Money
from chalicelib.orders.model import Order, OrderLine
from chalicelib.payments import find as payments_of
from chalicelib.payments.model import Payment


def order_to_response(principal: Principal, order: Order, payments: Sequence[Payment]) -> dict[str, Any]:
    """Return the order as JSON, for a customer without the fields that are for staff only."""
    body = order_to_json(order, payments)
    return body if principal.is_staff or principal.role == "channel" else redact_for_customer(body)


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
        "allocations": [allocation.to_json() for allocation in order.allocations],
        "reserved_until": clock.iso(order.reserved_until) if order.reserved_until else None,
        "payments": [payments_of.payment_to_json(payment) for payment in payments],
        "brought_by": order.carrier_name or None,
        "created_by": order.actor,
        "location": order.location or None,
        "reason": order.reason or None,
        "note": order.note or None,
        "ref": order.ref or None,
    } | ({"historical": True} if order.historical else {})


def line_to_json(line: OrderLine) -> dict[str, Any]:
    currency = line.total.currency
    return {
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price.to_json(),
        "adjustments": [
            {
                "code": adjustment["code"],
                "says": adjustment["says"],
                "kind": adjustment["kind"],
                "amount": Money(adjustment["amount_minor"], currency).to_json(),
            }
            for adjustment in line.adjustments
        ],
        "total": line.total.to_json(),
    } | promised_days_to_json(line)


def promised_days_to_json(line: OrderLine) -> dict[str, Any]:
    """Return {"later": …} if units of the line were not in stock and are promised for a day, else {}."""
    return {"later": [{"quantity": units, "on": day} for units, day in line.later]} if line.later else {}


def redact_for_customer(order: dict[str, Any]) -> dict[str, Any]:
    """Return the order's JSON without the fields that are for staff only."""
    hidden = {"allocations", "created_by", "location", "customer_id", "ref"}
    return {name: value for name, value in order.items() if name not in hidden}


def order_to_summary(order: Order) -> dict[str, Any]:
    """Return the order as one line of a list."""
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
