"""The store counter: a cashier sells here and now; what his shelf lacks is sold too, and comes from elsewhere."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.speech import admit, delivered, must_be_reachable, spoken
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.model import Delivery


def speak(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    admit(call.principal, ["cashier"])
    here = said.location or call.principal.location or ""
    delivery = delivered(said.delivery, here) if said.delivery else Delivery("handover", here)
    if delivery.method == "handover" and delivery.location != here:
        raise Invalid(("delivery.location", "a counter hands over its own goods; use pickup for another store"))
    order = spoken(said, call, location=here, delivery=delivery)
    return must_be_reachable(order) if delivery.method == "ship" else order
