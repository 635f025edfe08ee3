"""Orders of salesmen (sales force automation): handed over from the salesman's van, or shipped from a warehouse."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import (
    body_to_command,
    body_to_delivery,
    check_allowed,
    choose_location,
    require_reachable_customer,
)
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder


def build_command(body: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_allowed(call.principal, "order in sfa")
    van = choose_location(call.principal, "sfa", body.location)
    delivery = body_to_delivery(body.delivery, van)
    if delivery.method == "handover" and delivery.location != van:
        raise Invalid(("delivery.location", "a salesman can hand over only goods of their own van"))
    return require_reachable_customer(body_to_command(body, call, location=van, delivery=delivery))
