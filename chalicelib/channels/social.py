"""Social posts and direct messages: an agent makes the order and says which post it came from."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.speech import admit, must_be_reachable, spoken
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder


def speak(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    admit(call.principal, ["agent"])
    return must_be_reachable(spoken(said, call))
