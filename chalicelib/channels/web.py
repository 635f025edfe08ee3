"""Orders of the web shop: open to every shopper, shipped or picked up."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, check_allowed, require_reachable_customer
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder


def build_command(body: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_allowed(call.principal, "order in web")
    if body.delivery and body.delivery.method == "handover":
        raise Invalid(("delivery.method", "a web order cannot be handed over; use ship or pickup"))
    return require_reachable_customer(body_to_command(body, call))
