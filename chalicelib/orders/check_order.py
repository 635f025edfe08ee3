"""Checks of an order's lines, delivery and tenders, before its stock is planned."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.catalog.model import Channel, Product, check_sellable
from chalicelib.kit import policy
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import OrderContext
from chalicelib.orders.model import MAX_LINES, Delivery, MayNotOverrideCredit, TooManyLines, check_placed_at
from chalicelib.payments.model import PAYMENT_METHODS, MethodUnavailable
from chalicelib.places import find as places
from chalicelib.places.model import NoPickupHere, NoSuchLocation, UnknownStaff
from chalicelib.places.store import staff_key


def check_order(command: PlaceOrder, context: OrderContext) -> None:
    """Raise a refusal of `check_place_and_time`, `check_delivery` or `check_channel`."""
    check_place_and_time(command, context)
    check_delivery(command.delivery, context)
    check_channel(command, context.products, context.channel)


def check_place_and_time(command: PlaceOrder, context: OrderContext) -> None:
    """Raise PlacedAtOutOfRange, UnknownStaff or NoSuchLocation."""
    if command.placed_at is not None:
        check_placed_at(command.placed_at, context.now)
    if command.made_by and staff_key(command.made_by) not in context.rows:
        raise UnknownStaff(("actor", "is not on the staff list"), staff=command.made_by)
    if command.delivery.method != "ship" and context.find_location(command.delivery.location) is None:
        raise NoSuchLocation(("delivery.location", "is not a known location"), location=command.delivery.location)


def check_delivery(delivery: Delivery, context: OrderContext) -> None:
    """Raise NoPickupHere where no customer can collect goods, and NoSuchLocation for a closed counter or van."""
    location = context.find_location(delivery.location)
    if delivery.method == "pickup" and not (location and location.has_pickup):
        pickup_ids = [store.id for store in places.list_pickup_locations() if store.id != delivery.location]
        raise NoPickupHere(location=delivery.location, locations=pickup_ids)
    if delivery.method == "handover" and not (location and location.active):
        raise NoSuchLocation(("delivery.location", "is closed"), location=delivery.location)


def check_channel(command: PlaceOrder, products: Mapping[str, Product], channel: Channel) -> None:
    """Raise TooManyLines, MethodUnavailable, MayNotOverrideCredit, or a refusal of the catalog."""
    skus = [line.sku for line in command.lines]
    if len(skus) > MAX_LINES:
        raise TooManyLines(("lines", f"{len(skus)} different products"), most=MAX_LINES)
    check_sellable(skus, products, channel)
    allowed = list_methods(command, channel)
    for tender in command.tenders:
        if tender.method not in allowed:
            raise MethodUnavailable(method=tender.method, methods=sorted(allowed))
        overrides = tender.reason and tender.method == "credit"
        if overrides and not policy.is_allowed(command.principal.role, "order over the credit limit"):
            raise MayNotOverrideCredit()


def list_methods(command: PlaceOrder, channel: Channel) -> list[str]:
    """Return the payment methods of the channel that the caller can use: cash only for staff who open shifts, credit
    not for a channel key."""
    methods, role = channel.tenders or tuple(PAYMENT_METHODS), command.principal.role
    closed = set() if policy.is_allowed(role, "POST /shifts") else {"cash"}
    closed |= {"credit"} if command.principal.id and not policy.is_allowed(role, "order on credit") else set()
    return [code for code in methods if code not in closed]
