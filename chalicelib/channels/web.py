"""The web shop: anybody may order; everything is shipped or picked up, and the prices are ours."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, require_reachable_customer
from chalicelib.kit.errors import Forbidden, Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder


def build_command(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    if call.principal.role not in ("anyone", "customer", "owner"):
        raise Forbidden()
    if said.delivery and said.delivery.method == "handover":
        raise Invalid(("delivery.method", "goods cannot be handed over through a web page; ship or pickup"))
    return require_reachable_customer(body_to_command(said, call))
