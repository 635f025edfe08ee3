"""Marketplace orders: sent by the marketplace's system with its agreed prices and its own order number as `ref`.

The marketplace collects the money and pays it out later, so the default payment is a transfer.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, check_allowed, require_reachable_customer
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder, Tender


def build_command(body: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_allowed(call.principal, "order in marketplace")
    if not body.ref:
        raise Invalid(("ref", "send the marketplace's own order number; a repeated order is recognized by it"))
    command = require_reachable_customer(body_to_command(body, call))
    return command if command.tenders else replace(command, tenders=[Tender("transfer")])
