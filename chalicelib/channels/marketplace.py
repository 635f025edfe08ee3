"""Marketplaces: their system sends what was agreed there, with its own reference; twice the same is once.

The marketplace has the shopper's money and pays out later, so the order waits for that transfer.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, check_role, require_reachable_customer
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder, Tender


def build_command(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_role(call.principal, ["channel"])
    if not said.ref:
        raise Invalid(("ref", "send the marketplace's own order number: it makes a repeat harmless"))
    order = require_reachable_customer(body_to_command(said, call))
    return order if order.tenders else replace(order, tenders=[Tender("transfer")])
