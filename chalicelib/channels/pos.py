"""The store counter: a cashier sells here and now; what his shelf lacks is sold too, and comes from elsewhere."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, body_to_delivery, check_role, require_reachable_customer
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.model import Delivery


def build_command(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_role(call.principal, ["cashier"])
    here = said.location or call.principal.location or ""
    delivery = body_to_delivery(said.delivery, here) if said.delivery else Delivery("handover", here)
    if delivery.method == "handover" and delivery.location != here:
        raise Invalid(("delivery.location", "a counter hands over its own goods; use pickup for another store"))
    order = body_to_command(said, call, location=here, delivery=delivery)
    return require_reachable_customer(order) if delivery.method == "ship" else order
