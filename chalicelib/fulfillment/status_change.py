"""Parts shared by all status changes of a fulfillment: loading with access control, side effects, commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.fulfillment.model import (
    Fulfillment,
    FulfillmentStatus,
    OrderFulfillment,
    OrderWasCancelled,
    check_placed,
    derive_order_status,
    exclude_withdrawn,
    order_id_from,
    transition_fulfillment,
)
from chalicelib.fulfillment.stock_effects import StockEffect
from chalicelib.fulfillment.store import (
    allocations_of,
    load_fulfillment_of_order,
    record_order_events,
    update_fulfillment,
)
from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderFulfillmentStatus, OrderStatus


@dataclass(frozen=True)
class FulfillmentContext:
    """A fulfillment, its order with all fulfillments, and the caller."""

    principal: Principal
    order_fulfillment: OrderFulfillment
    fulfillment: Fulfillment

    @property
    def event_ids(self) -> tuple[str, str, str, str]:
        """Return the first fields of every status event: order, fulfillment, location and fulfiller."""
        return (
            self.fulfillment.order_id,
            self.fulfillment.id,
            self.fulfillment.location,
            self.fulfillment.fulfiller or self.principal.actor,
        )


def load_fulfillment_context(principal: Principal, fulfillment_id: str) -> FulfillmentContext:
    """Return the fulfillment with its order.

    Raises NotFound, also when the caller may not serve it, and OrderWasCancelled.
    """
    order_fulfillment = load_fulfillment_of_order(order_id_from(fulfillment_id))
    fulfillment = order_fulfillment.fulfillment(fulfillment_id)
    if not can_serve(principal, fulfillment):
        raise NotFound()
    if order_fulfillment.order.status == OrderStatus.CANCELLED:
        raise OrderWasCancelled(order=order_fulfillment.order.number)
    return FulfillmentContext(principal, order_fulfillment, fulfillment)


def can_serve(principal: Principal, fulfillment: Fulfillment) -> bool:
    """Return whether the caller may see and change a fulfillment.

    The owner may, the salesman of a van, couriers without a location, and staff of the fulfillment's location.
    """
    if principal.role == "owner":
        return True
    if fulfillment.kind == "van" and fulfillment.fulfiller:
        return fulfillment.fulfiller == principal.id
    if principal.role == "courier" and not principal.location:
        return True  # such couriers deliver for every location except vans
    return bool(principal.location) and principal.location == fulfillment.location


@db.retry_on_conflict
def change_status(
    principal: Principal, fulfillment_id: str, to: FulfillmentStatus, build_event: Callable[[FulfillmentContext], Event]
) -> Fulfillment:
    """Change the status without an effect on stock or payments. A repeat changes nothing."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == to:
        return context.fulfillment
    return commit_status_change(context, transition_fulfillment(context.fulfillment, to), build_event(context))


@dataclass(frozen=True)
class SideEffects:
    """What a status change writes besides its fulfillment.

    `leading_writes` come first in the transaction, so their refusal is the one reported. `has_open_offer` is given when
    the same transaction closes the order's offer. `order_changes` are further fields of the order's row.
    """

    stock: StockEffect = field(default_factory=StockEffect)
    leading_writes: Sequence[Write] = ()
    other_writes: Sequence[Write] = ()
    has_open_offer: bool | None = None
    order_changes: Mapping[str, Any] = field(default_factory=dict)


NO_SIDE_EFFECTS = SideEffects()


def commit_status_change(
    context: FulfillmentContext, after: Fulfillment, event: Event, side_effects: SideEffects = NO_SIDE_EFFECTS
) -> Fulfillment:
    """Commit the changed fulfillment, its event, the order's row and the side effects in one transaction."""
    check_placed(context.order_fulfillment.order)
    fulfillments = context.order_fulfillment.with_changed(after)
    fields: dict[str, Any] = {
        "fulfillment_status": order_status_after(context.order_fulfillment, fulfillments, side_effects.has_open_offer)
    }
    if allocations_of(exclude_withdrawn(fulfillments)) != allocations_of(
        exclude_withdrawn(context.order_fulfillment.fulfillments)
    ):
        fields["allocations"] = allocations_of(exclude_withdrawn(fulfillments))
    fields |= side_effects.order_changes
    order_writes = record_order_events(
        context.order_fulfillment.order, event, actor=context.principal.actor, at=clock.now(), **fields
    )
    db.commit(
        [
            *side_effects.leading_writes,
            update_fulfillment(context.fulfillment, after),
            *order_writes,
            *side_effects.stock.writes,
            *side_effects.other_writes,
        ]
    )
    return after


def order_status_after(
    order_fulfillment: OrderFulfillment, fulfillments: Sequence[Fulfillment], has_open_offer: bool | None = None
) -> OrderFulfillmentStatus:
    """Return the order's status with these fulfillments; by default an open offer stays open."""
    if has_open_offer is None:
        has_open_offer = order_fulfillment.open_offer is not None
    return derive_order_status(order_fulfillment.order.demand, fulfillments, has_open_offer)


def completes_order(context: FulfillmentContext, after: Fulfillment) -> bool:
    """Return whether everything ordered has reached the customer after this change."""
    return (
        order_status_after(context.order_fulfillment, context.order_fulfillment.with_changed(after))
        == OrderFulfillmentStatus.DELIVERED
    )
