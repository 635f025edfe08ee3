"""The salesman: sells from his own van into the customer's hands, or from the warehouse by delivery."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, body_to_delivery, check_role, require_reachable_customer
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder


def build_command(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_role(call.principal, ["salesman"])
    van = call.principal.location or said.location
    delivery = body_to_delivery(said.delivery, van)
    if delivery.method == "handover" and delivery.location != van:
        raise Invalid(("delivery.location", "a salesman hands over what is in his own van"))
    return require_reachable_customer(body_to_command(said, call, location=van, delivery=delivery))
