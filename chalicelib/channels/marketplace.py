"""Marketplaces: their system sends what was agreed there, with its own reference; twice the same is once.

The marketplace has the shopper's money and pays out later, so the order waits for that transfer.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.speech import admit, must_be_reachable, spoken
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder, Tender


def speak(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    admit(call.principal, ["channel"])
    if not said.ref:
        raise Invalid(("ref", "send the marketplace's own order number: it makes a repeat harmless"))
    order = must_be_reachable(spoken(said, call))
    return order if order.tenders else replace(order, tenders=[Tender("transfer")])
