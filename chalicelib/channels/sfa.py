"""The salesman: sells from his own van into the customer's hands, or from the warehouse by delivery."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.speech import admit, delivered, must_be_reachable, spoken
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder


def speak(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    admit(call.principal, ["salesman"])
    van = call.principal.location or said.location
    delivery = delivered(said.delivery, van)
    if delivery.method == "handover" and delivery.location != van:
        raise Invalid(("delivery.location", "a salesman hands over what is in his own van"))
    return must_be_reachable(spoken(said, call, location=van, delivery=delivery))
