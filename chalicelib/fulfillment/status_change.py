"""What every step of a fulfillment has in common: who may take it, from where, and what the order learns of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.fulfillment.model import (
    Fulfillment,
    FulfillmentStatus,
    OrderFulfillment,
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
from chalicelib.orders.model import OrderFulfillmentStatus


@dataclass(frozen=True)
class FulfillmentContext:
    """One fulfillment among all of its order's, and who is at it."""

    principal: Principal
    order_fulfillment: OrderFulfillment
    fulfillment: Fulfillment

    @property
    def event_ids(self) -> tuple[str, str, str, str]:
        """How every event of a step begins: order, fulfillment, location, fulfiller."""
        return (
            self.fulfillment.order_id,
            self.fulfillment.id,
            self.fulfillment.location,
            self.fulfillment.fulfiller or self.principal.actor,
        )


def load_fulfillment_context(principal: Principal, fulfillment_id: str) -> FulfillmentContext:
    order_fulfillment = load_fulfillment_of_order(order_id_from(fulfillment_id))
    fulfillment = order_fulfillment.fulfillment(fulfillment_id)
    if not can_serve(principal, fulfillment):
        raise NotFound()
    return FulfillmentContext(principal, order_fulfillment, fulfillment)


def can_serve(principal: Principal, fulfillment: Fulfillment) -> bool:
    """The owner, who won it, or the people of its location; to everybody else it does not exist."""
    if principal.role == "owner":
        return True
    if fulfillment.kind == "van" and fulfillment.fulfiller:
        return fulfillment.fulfiller == principal.id
    if principal.role == "courier" and not principal.location:
        return True  # he carries for every house; only vans carry for themselves
    return bool(principal.location) and principal.location == fulfillment.location


@db.retry_on_conflict
def change_status(
    principal: Principal, fulfillment_id: str, to: FulfillmentStatus, build_event: Callable[[FulfillmentContext], Event]
) -> Fulfillment:
    """A step that moves neither goods nor money."""
    context = load_fulfillment_context(principal, fulfillment_id)
    if context.fulfillment.status == to:
        return context.fulfillment  # done before; a repeat is no refusal
    return commit_status_change(context, transition_fulfillment(context.fulfillment, to), build_event(context))


@dataclass(frozen=True)
class SideEffects:
    """What a step writes beside its fulfillment. `first` writes come before all others, so they are refused first.

    `offered` tells when this very step closes the order's offer; `order` are more fields of the order's row."""

    stock: StockEffect = field(default_factory=StockEffect)
    leading_writes: Sequence[Write] = ()
    other_writes: Sequence[Write] = ()
    has_open_offer: bool | None = None
    order_changes: Mapping[str, Any] = field(default_factory=dict)


NO_SIDE_EFFECTS = SideEffects()


def commit_status_change(
    context: FulfillmentContext, after: Fulfillment, event: Event, change: SideEffects = NO_SIDE_EFFECTS
) -> Fulfillment:
    check_placed(context.order_fulfillment.order)
    fulfillments = context.order_fulfillment.with_changed(after)
    fields: dict[str, Any] = {
        "fulfillment_status": order_status_after(context.order_fulfillment, fulfillments, change.has_open_offer)
    }
    if allocations_of(exclude_withdrawn(fulfillments)) != allocations_of(
        exclude_withdrawn(context.order_fulfillment.fulfillments)
    ):
        fields["pieces"] = allocations_of(exclude_withdrawn(fulfillments))
    fields |= change.order_changes
    told = record_order_events(
        context.order_fulfillment.order, event, actor=context.principal.actor, at=clock.now(), **fields
    )
    db.commit(
        [
            *change.leading_writes,
            update_fulfillment(context.fulfillment, after),
            *told,
            *change.stock.writes,
            *change.other_writes,
        ]
    )
    return after


def order_status_after(
    order_fulfillment: OrderFulfillment, fulfillments: Sequence[Fulfillment], has_open_offer: bool | None = None
) -> OrderFulfillmentStatus:
    open_still = order_fulfillment.open_offer is not None if has_open_offer is None else has_open_offer
    return derive_order_status(order_fulfillment.order.demand, fulfillments, open_still)


def completes_order(context: FulfillmentContext, after: Fulfillment) -> bool:
    """Whether with this step everything ordered has arrived."""
    return (
        order_status_after(context.order_fulfillment, context.order_fulfillment.with_changed(after))
        == OrderFulfillmentStatus.DELIVERED
    )
