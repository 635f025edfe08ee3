"""Which units of an order can still be cancelled, and how its fulfillments and offer change with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.fulfillment.model import (
    NOT_STARTED,
    Fulfillment,
    FulfillmentStatus,
    Offer,
    OfferStatus,
    OrderFulfillment,
    assigned_quantities,
    transition_fulfillment,
    transition_offer,
    unassigned_quantities,
)
from chalicelib.orders.model import UnitsHaveLeft
from chalicelib.stock.model import Allocation, bucket_to_day, is_inbound_bucket

# Units are taken where this disturbs least: first from goods that came back, last from parcels that are packed.
TAKEN_FIRST = (
    *(FulfillmentStatus.BACK_AT_LOCATION, FulfillmentStatus.AWAITING, FulfillmentStatus.ASSIGNED),
    *(FulfillmentStatus.ACCEPTED, FulfillmentStatus.PICKING, FulfillmentStatus.READY),
)


@dataclass(frozen=True)
class ReducedFulfillment:
    """A fulfillment before and after units of it were cancelled, and these units.

    `cancelled` is empty for goods that came back: they are in stock again already.
    """

    before: Fulfillment
    after: Fulfillment
    cancelled: tuple[Allocation, ...]


def count_cancellable(order_fulfillment: OrderFulfillment) -> dict[str, int]:
    """Return {SKU: units} of the order that are not on their way and not with the customer, without zeros."""
    cancellable = [item for item in order_fulfillment.fulfillments if item.status in TAKEN_FIRST]
    units = unassigned_quantities(order_fulfillment.order.demand, order_fulfillment.fulfillments)
    for sku, quantity in assigned_quantities(cancellable).items():
        units[sku] = units.get(sku, 0) + quantity
    return units


def reduce_fulfillments(order_fulfillment: OrderFulfillment, quantities: Mapping[str, int]) -> list[ReducedFulfillment]:
    """Return the fulfillments that change when these units are cancelled. Raises UnitsHaveLeft.

    Units without a fulfillment are cancelled first. Goods that came back leave their fulfillment as a whole; those of
    them that are not cancelled are routed again.
    """
    possible = count_cancellable(order_fulfillment)
    for sku, quantity in quantities.items():
        if quantity > possible.get(sku, 0):
            raise UnitsHaveLeft(sku=sku, possible=possible.get(sku, 0))
    unassigned = unassigned_quantities(order_fulfillment.order.demand, order_fulfillment.fulfillments)
    wanted = {sku: quantity - unassigned.get(sku, 0) for sku, quantity in quantities.items()}
    reduced = []
    for fulfillment in _sort_by_progress(order_fulfillment.fulfillments):
        taken, _ = take_units(fulfillment.allocations, wanted)
        if taken:
            reduced.append(_reduce_fulfillment(fulfillment, wanted))
            for allocation in taken:
                wanted[allocation.sku] -= allocation.quantity
    return reduced


def _sort_by_progress(fulfillments: Sequence[Fulfillment]) -> list[Fulfillment]:
    """Return the fulfillments with units to cancel, the newest first among equals."""
    cancellable = [fulfillment for fulfillment in reversed(fulfillments) if fulfillment.status in TAKEN_FIRST]
    return sorted(cancellable, key=lambda fulfillment: TAKEN_FIRST.index(fulfillment.status))


def _reduce_fulfillment(fulfillment: Fulfillment, wanted: Mapping[str, int]) -> ReducedFulfillment:
    if fulfillment.status == FulfillmentStatus.BACK_AT_LOCATION:
        return ReducedFulfillment(fulfillment, transition_fulfillment(fulfillment, FulfillmentStatus.RETURNED), ())
    taken, rest = take_units(fulfillment.allocations, wanted)
    if not rest:
        after = transition_fulfillment(fulfillment, FulfillmentStatus.CANCELLED, reason="units_cancelled")
        return ReducedFulfillment(fulfillment, after, taken)
    return ReducedFulfillment(
        fulfillment, replace(fulfillment, allocations=rest, version=fulfillment.version + 1), taken
    )


def take_units(
    allocations: Iterable[Allocation], wanted: Mapping[str, int]
) -> tuple[tuple[Allocation, ...], tuple[Allocation, ...]]:
    """Return the units to cancel, at most those `wanted` by SKU, and the rest."""
    open_units, taken, rest = dict(wanted), [], []
    for allocation in allocations:
        part = max(0, min(allocation.quantity, open_units.get(allocation.sku, 0)))
        open_units[allocation.sku] = open_units.get(allocation.sku, 0) - part
        taken += [replace(allocation, quantity=part)] if part else []
        rest += [replace(allocation, quantity=allocation.quantity - part)] if part < allocation.quantity else []
    return tuple(taken), tuple(rest)


def reduce_offer(offer: Offer, demand: Mapping[str, int], fulfillments: Sequence[Fulfillment]) -> Offer | None:
    """Return the open offer for what remains of its units, superseded if nothing does, or None if it is unchanged.

    `demand` and `fulfillments` are those of the order after the cancellation.
    """
    listed = [item for item in fulfillments if item.id in offer.fulfillment_ids and item.status in NOT_STARTED]
    open_units = unassigned_quantities(dict(demand), fulfillments)
    for sku, quantity in assigned_quantities(listed).items():
        open_units[sku] = open_units.get(sku, 0) + quantity
    rest = {sku: min(quantity, open_units.get(sku, 0)) for sku, quantity in offer.demand.items()}
    rest = {sku: quantity for sku, quantity in rest.items() if quantity}
    if rest == offer.demand:
        return None
    return (
        transition_offer(offer, OfferStatus.OPEN, demand=rest)
        if rest
        else transition_offer(offer, OfferStatus.SUPERSEDED)
    )


def days_of_backorders(allocations: Iterable[Allocation]) -> dict[str, dict[str, int]]:
    """Return {SKU: {promised day: units}} of the units that are still expected."""
    days: dict[str, dict[str, int]] = {}
    for allocation in allocations:
        if is_inbound_bucket(allocation.shard):
            units, day = days.setdefault(allocation.sku, {}), bucket_to_day(allocation.shard)
            units[day] = units.get(day, 0) + allocation.quantity
    return days
