"""Orders at a store's counter: goods are handed over there by default; missing goods can be shipped or picked up."""

from __future__ import annotations

from chalicelib.channels.bodies import PlaceOrderBody
from chalicelib.channels.order_form import (
    body_to_command,
    body_to_delivery,
    check_allowed,
    choose_location,
    require_reachable_customer,
)
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.model import Delivery


def build_command(body: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_allowed(call.principal, "order in pos")
    store = choose_location(call.principal, "pos", body.location)
    delivery = body_to_delivery(body.delivery, store) if body.delivery else Delivery("handover", store)
    if delivery.method == "handover" and delivery.location != store:
        raise Invalid(("delivery.location", "a counter hands over its own goods; use pickup for another store"))
    command = body_to_command(body, call, location=store, delivery=delivery)
    return require_reachable_customer(command) if delivery.method == "ship" else command
