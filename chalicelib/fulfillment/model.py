"""Offers and fulfillments: their states, transitions, events and refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from chalicelib.kit.errors import Forbidden, Invalid, NotFound, Problem, Refused, StaleVersion
from chalicelib.kit.events import Event
from chalicelib.orders.model import Order, OrderFulfillmentStatus, OrderStatus, ReducedLine
from chalicelib.payments.model import PaymentRecord, Posting
from chalicelib.stock.model import Allocation, Movement

T = TypeVar("T", "Offer", "Fulfillment")


class OfferStatus(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DECLINED_BY_ALL = "declined_by_all"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class FulfillmentStatus(StrEnum):
    AWAITING = "awaiting"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    PICKING = "picking"
    READY = "ready"
    IN_TRANSIT = "in_transit"
    FAILED_ATTEMPT = "failed_attempt"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    HANDED_OVER = "handed_over"
    BACK_AT_LOCATION = "back_at_location"
    RETURNED = "returned"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


OFFER_TRANSITIONS: dict[OfferStatus, set[OfferStatus]] = {
    OfferStatus.OPEN: {OfferStatus.CLAIMED, OfferStatus.DECLINED_BY_ALL, OfferStatus.EXPIRED, OfferStatus.SUPERSEDED},
    OfferStatus.CLAIMED: set(),
    OfferStatus.DECLINED_BY_ALL: set(),
    OfferStatus.EXPIRED: set(),
    OfferStatus.SUPERSEDED: set(),
}

FULFILLMENT_TRANSITIONS: dict[FulfillmentStatus, set[FulfillmentStatus]] = {
    FulfillmentStatus.AWAITING: {
        FulfillmentStatus.ASSIGNED,
        FulfillmentStatus.CANCELLED,
    },  # the goods are expected at the location on a later day
    FulfillmentStatus.ASSIGNED: {FulfillmentStatus.ACCEPTED, FulfillmentStatus.REJECTED, FulfillmentStatus.CANCELLED},
    FulfillmentStatus.ACCEPTED: {FulfillmentStatus.PICKING, FulfillmentStatus.REJECTED, FulfillmentStatus.CANCELLED},
    FulfillmentStatus.PICKING: {
        FulfillmentStatus.READY,
        FulfillmentStatus.REJECTED,
        FulfillmentStatus.CANCELLED,
    },  # missing goods are often noticed only while picking
    FulfillmentStatus.READY: {FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.HANDED_OVER, FulfillmentStatus.CANCELLED},
    FulfillmentStatus.IN_TRANSIT: {FulfillmentStatus.DELIVERED, FulfillmentStatus.FAILED_ATTEMPT},
    FulfillmentStatus.FAILED_ATTEMPT: {FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.BACK_AT_LOCATION},
    FulfillmentStatus.DELIVERED: {FulfillmentStatus.CONFIRMED},
    FulfillmentStatus.CONFIRMED: set(),
    FulfillmentStatus.HANDED_OVER: set(),
    FulfillmentStatus.BACK_AT_LOCATION: {
        FulfillmentStatus.RETURNED,
    },  # the units are routed again, or the order ended
    FulfillmentStatus.RETURNED: set(),
    FulfillmentStatus.REJECTED: set(),
    FulfillmentStatus.CANCELLED: set(),
}
NOT_STARTED = (FulfillmentStatus.AWAITING, FulfillmentStatus.ASSIGNED)
VAN_TRANSITIONS = {  # additional transitions: goods on a van need no picking
    FulfillmentStatus.ACCEPTED: {FulfillmentStatus.READY, FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.HANDED_OVER}
}

BEFORE_DISPATCH = (*NOT_STARTED, FulfillmentStatus.ACCEPTED, FulfillmentStatus.PICKING, FulfillmentStatus.READY)
WITHDRAWN = {FulfillmentStatus.REJECTED, FulfillmentStatus.CANCELLED, FulfillmentStatus.RETURNED}
ARRIVED = {FulfillmentStatus.DELIVERED, FulfillmentStatus.CONFIRMED, FulfillmentStatus.HANDED_OVER}
ON_THE_WAY = {FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.FAILED_ATTEMPT}
DISPATCHED = ARRIVED | ON_THE_WAY
ENDED = WITHDRAWN | ARRIVED | {FulfillmentStatus.BACK_AT_LOCATION}

# The reasons for rejecting a fulfillment, and what happens to its units.
REJECTION_REASONS = {
    "not_found": "all units of the SKU at the location become unavailable until it is counted",
    "damaged": "the units are written off",
    "closed": "the units stay in stock and become available again",
    "too_busy": "the units stay in stock and become available again",
}


@dataclass(frozen=True)
class Invitation:
    """A salesman to whom an offer was made, the van, and its distance from the destination."""

    staff: str
    location: str
    distance_meters: int


@dataclass(frozen=True)
class Offer:
    """An invitation to salesmen to fulfill an order from their van; the first claim wins.

    `demand` is {SKU: units} that the claimer delivers; a claim cancels the fulfillments of `fulfillment_ids`.
    """

    id: str
    order_id: str
    status: OfferStatus
    demand: dict[str, int]
    invitations: tuple[Invitation, ...]
    fulfillment_ids: tuple[str, ...]
    opened_at: datetime
    expires_at: datetime
    claimed_by: str = ""
    declined_by: tuple[str, ...] = ()
    version: int = 1

    def invitation(self, staff: str) -> Invitation:
        """Return the invitation of this salesman. Raises NotInvited."""
        for invitation in self.invitations:
            if invitation.staff == staff:
                return invitation
        raise NotInvited(offer=self.id)

    def is_due(self, now: datetime) -> bool:
        """Return whether the offer has expired but is still open."""
        return self.status == OfferStatus.OPEN and self.expires_at <= now


@dataclass(frozen=True)
class Fulfillment:
    """The part of an order that one location serves.

    `claim_version` is a fencing token: the version of the offer when it was claimed, or 0 without a claim. `carrier` is
    the courier or salesman who has the goods on the way, empty when that is not a member of staff.
    """

    id: str
    order_id: str
    location: str
    kind: str  # of the location: warehouse | store | van
    method: str  # ship | pickup | handover
    status: FulfillmentStatus
    allocations: tuple[Allocation, ...]
    assigned_at: datetime
    fulfiller: str = ""
    offer_id: str = ""
    claim_version: int = 0
    reason: str = ""
    carrier: str = ""
    version: int = 1


@dataclass(frozen=True)
class OrderFulfillment:
    """An order with all of its fulfillments and offers, ended ones included; every status change is decided from it."""

    order: Order
    fulfillments: tuple[Fulfillment, ...] = ()
    offers: tuple[Offer, ...] = ()

    def fulfillment(self, fulfillment_id: str) -> Fulfillment:
        return _get_by_id(self.fulfillments, fulfillment_id)

    def offer(self, offer_id: str) -> Offer:
        return _get_by_id(self.offers, offer_id)

    @property
    def open_offer(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.status == OfferStatus.OPEN), None)

    def list_not_started(self, offer: Offer) -> list[Fulfillment]:
        """Return the offer's fulfillments that are still awaiting or assigned: those that a claim cancels."""
        return [
            fulfillment
            for fulfillment in self.fulfillments
            if fulfillment.id in offer.fulfillment_ids and fulfillment.status in NOT_STARTED
        ]

    def with_changed(self, *fulfillments: Fulfillment) -> list[Fulfillment]:
        """Return the order's fulfillments in order, with these in place of those of the same id, and new ones last."""
        changed = {fulfillment.id: fulfillment for fulfillment in fulfillments}
        updated = [changed.pop(fulfillment.id, fulfillment) for fulfillment in self.fulfillments]
        return updated + list(changed.values())


def _get_by_id(items: Iterable[T], item_id: str) -> T:
    for item in items:
        if item.id == item_id:
            return item
    raise NotFound()


def check_placed(order: Order) -> None:
    """Raise OrderNotPlaced unless the order is placed, and neither completed nor cancelled."""
    if order.status != OrderStatus.PLACED:
        raise OrderNotPlaced(order=order.number, order_status=order.status)


def transition_offer(offer: Offer, to: OfferStatus, **changes: Any) -> Offer:
    """Return the offer with this status, its version raised by one. Raises CannotMove."""
    if to != offer.status and to not in OFFER_TRANSITIONS[offer.status]:
        raise CannotMove(**{"from": offer.status, "to": to})
    return replace(offer, status=to, version=offer.version + 1, **changes)


def transition_fulfillment(fulfillment: Fulfillment, to: FulfillmentStatus, **changes: Any) -> Fulfillment:
    """Return the fulfillment with this status, its version raised by one. Raises CannotMove."""
    targets = FULFILLMENT_TRANSITIONS[fulfillment.status] | (
        VAN_TRANSITIONS.get(fulfillment.status, set()) if fulfillment.kind == "van" else set()
    )
    if to not in targets:
        raise CannotMove(**{"from": fulfillment.status, "to": to})
    return replace(fulfillment, status=to, version=fulfillment.version + 1, **changes)


def check_not_cancelled(order: Order, offer: Offer) -> None:
    """Raises OrderWasCancelled for an offer that ended, or is about to end, with its order."""
    if problem := refusal_if_order_cancelled(order, offer):
        raise problem


def refusal_if_order_cancelled(order: Order, offer: Offer) -> Problem | None:
    """Return OrderWasCancelled for an offer of a cancelled order that no one had claimed, else None."""
    if order.status == OrderStatus.CANCELLED and offer.status != OfferStatus.CLAIMED:
        return OrderWasCancelled(order=order.number)
    return None


def apply_claim(offer: Offer, staff: str, now: datetime) -> Offer:
    """Return the offer as claimed by this salesman. Raises the refusal of a closed offer, or NotInvited."""
    if problem := refusal_if_closed(offer, now):
        raise problem.copy()
    return transition_offer(offer, OfferStatus.CLAIMED, claimed_by=offer.invitation(staff).staff)


def apply_decline(offer: Offer, staff: str, now: datetime) -> Offer:
    """Return the offer with this salesman's decline; the decline of the last invited salesman closes it.

    Raises the refusal of a closed offer, or NotInvited.
    """
    if problem := refusal_if_closed(offer, now):
        raise problem.copy()
    declined_by = tuple(sorted({*offer.declined_by, offer.invitation(staff).staff}))
    by_all = len(declined_by) == len({invitation.staff for invitation in offer.invitations})
    return transition_offer(offer, OfferStatus.DECLINED_BY_ALL if by_all else OfferStatus.OPEN, declined_by=declined_by)


def refusal_if_closed(offer: Offer, now: datetime) -> Problem | None:
    """Return why an offer cannot be claimed, or None while it can.

    An offer counts as ended from its expiry on, even before the schedule has closed it.
    """
    if offer.status == OfferStatus.CLAIMED:
        return AlreadyClaimed(offer=offer.id)
    if offer.status == OfferStatus.SUPERSEDED:
        return WarehouseAccepted(offer=offer.id)
    if offer.status != OfferStatus.OPEN or offer.is_due(now):
        return OfferEnded(offer=offer.id)
    return None


def refusal_of_lost_claim(stored: Offer | None, now: datetime) -> Problem:
    """Return why a claim's conditional write failed, from the stored offer.

    StaleVersion when a retry may succeed, and for a superseded offer: only its order shows whether it was cancelled.
    """
    if stored is None or stored.status == OfferStatus.SUPERSEDED:
        return StaleVersion()
    return refusal_if_closed(stored, now) or StaleVersion()


def exclude_withdrawn(fulfillments: Iterable[Fulfillment]) -> list[Fulfillment]:
    """Return the fulfillments that are neither rejected, cancelled nor returned."""
    return [fulfillment for fulfillment in fulfillments if fulfillment.status not in WITHDRAWN]


def assigned_quantities(fulfillments: Iterable[Fulfillment]) -> dict[str, int]:
    """Return {SKU: units} of all fulfillments that are neither rejected, cancelled nor returned."""
    units: dict[str, int] = {}
    for fulfillment in exclude_withdrawn(fulfillments):
        for allocation in fulfillment.allocations:
            units[allocation.sku] = units.get(allocation.sku, 0) + allocation.quantity
    return units


def unassigned_quantities(demand: dict[str, int], fulfillments: Iterable[Fulfillment]) -> dict[str, int]:
    """Return {SKU: units} of an order that no fulfillment covers, without zeros: what has to be routed."""
    units = assigned_quantities(fulfillments)
    missing = {sku: quantity - units.get(sku, 0) for sku, quantity in demand.items()}
    return {sku: quantity for sku, quantity in missing.items() if quantity > 0}


def derive_order_status(
    demand: dict[str, int], fulfillments: Sequence[Fulfillment], has_open_offer: bool
) -> OrderFulfillmentStatus:
    """Return the order's `fulfillment_status`. It is derived from all fulfillments, never from the previous status."""
    states = {fulfillment.status for fulfillment in exclude_withdrawn(fulfillments)}
    is_complete = not unassigned_quantities(demand, fulfillments)
    back = {FulfillmentStatus.BACK_AT_LOCATION}
    if states and states <= back and is_complete:
        return OrderFulfillmentStatus.RETURNED
    if states and states <= ARRIVED and is_complete:
        return OrderFulfillmentStatus.DELIVERED
    if states and states <= DISPATCHED | back and is_complete:
        return OrderFulfillmentStatus.SHIPPED
    if states & (DISPATCHED | back):
        return OrderFulfillmentStatus.PARTLY_SHIPPED
    if has_open_offer:
        return OrderFulfillmentStatus.OFFERED
    return (
        OrderFulfillmentStatus.ASSIGNED if states - {FulfillmentStatus.AWAITING} else OrderFulfillmentStatus.UNASSIGNED
    )


def is_ready_to_collect(order: Order, fulfillments: Sequence[Fulfillment]) -> bool:
    """Return whether all goods of a pickup order wait at the store, or were collected, and at least some still wait."""
    states = {fulfillment.status for fulfillment in exclude_withdrawn(fulfillments)}
    return (
        order.delivery.method == "pickup"
        and FulfillmentStatus.READY in states
        and states <= {FulfillmentStatus.READY, FulfillmentStatus.HANDED_OVER}
        and not unassigned_quantities(order.demand, fulfillments)
    )


def count_claim_writes(pieces: int, skus: int, on_hold: bool, parts: int) -> int:
    """Return the number of writes in the transaction of a claim.

    It writes each level that releases units and each level of the van, for orders on hold as many hold rows, each
    cancelled fulfillment, and the offer, the new fulfillment, the order, the journal entry and the idempotency record.
    """
    return (pieces + skus) * (2 if on_hold else 1) + parts + 5


def build_fulfillment_id(order_id: str, number: int) -> str:
    """Return the id of an order's nth fulfillment.

    A repeated command builds the same id, and `order_id_from` reads the order's id back from it.
    """
    return f"ful_{order_id.removeprefix('ord_')}-{number}"


def build_offer_id(order_id: str, number: int) -> str:
    return f"off_{order_id.removeprefix('ord_')}-{number}"


def order_id_from(identifier: str) -> str:
    """Return the order id contained in the id of a fulfillment or an offer."""
    return "ord_" + identifier.partition("_")[2].rpartition("-")[0]


def fulfillment_refs(fulfillments: Iterable[Fulfillment]) -> tuple[FulfillmentRef, ...]:
    """Return references to these fulfillments for an event."""
    return tuple(FulfillmentRef(fulfillment.id, fulfillment.location) for fulfillment in fulfillments)


def startable_refs(fulfillments: Iterable[Fulfillment]) -> tuple[FulfillmentRef, ...]:
    """Return references to the fulfillments whose goods are at their location."""
    return fulfillment_refs(
        fulfillment for fulfillment in fulfillments if fulfillment.status != FulfillmentStatus.AWAITING
    )


def awaiting_refs(fulfillments: Iterable[Fulfillment]) -> tuple[FulfillmentRef, ...]:
    """Return references to the fulfillments whose goods are still expected."""
    return fulfillment_refs(
        fulfillment for fulfillment in fulfillments if fulfillment.status == FulfillmentStatus.AWAITING
    )


def offer_expiry(opened_at: datetime, minutes: int) -> datetime:
    return opened_at + timedelta(minutes=minutes)


class AlreadyClaimed(Refused):
    message = "Another salesman has already claimed this order."


class WarehouseAccepted(Refused):
    message = "The warehouse has begun with this order; it can no longer be claimed."


class OfferEnded(Refused):
    """Its code is `offer_expired`; the class `OfferExpired` is the event."""

    code = "offer_expired"
    message = "This offer has ended."


class NotInvited(Forbidden):
    message = "This offer was not made to you."


class NotPaid(Refused):
    message = "The goods may leave after {method} payment {payment} is captured; it is {payment_status}."


class CannotMove(Refused):
    message = "A change from {from} to {to} is not possible."


class OrderNotPlaced(Refused):
    """The order is completed or cancelled, so its fulfillments cannot change."""

    code = "cannot_move"
    message = "Order {order} is {order_status}; its fulfillments can no longer change."


class OrderWasCancelled(Refused):
    """Its code is `order_cancelled`; the class `OrderCancelled` is the event."""

    code = "order_cancelled"
    message = "Order {order} was cancelled."


class NobodyToCall(Refused):
    message = "No one is delivering this order now; ask for a call between the begin of its delivery and its arrival."


class UnknownReason(Invalid):
    message = "Send one of these reasons: {reasons}."


@dataclass(frozen=True)
class FulfillmentRef:
    """A fulfillment and its location, as events name it."""

    fulfillment_id: str
    location: str


@dataclass(frozen=True)
class OfferOpened(Event):
    """An order was assigned to locations, and salesmen may have been invited to claim it."""

    order_id: str
    offer_id: str = ""  # absent when no salesman was invited, see `rule`
    invited: tuple[str, ...] = ()
    assigned: tuple[FulfillmentRef, ...] = ()
    expires_at: str = ""
    rule: str = ""  # the routing rule that decided who is invited
    awaiting: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class OfferClaimed(Event):
    """A salesman claimed an offer, and the order's units are now allocated on their van."""

    order_id: str
    offer_id: str
    fulfillment_id: str  # the new fulfillment of the salesman
    staff: str  # who claimed
    location: str
    claim_version: int
    stood_down: tuple[FulfillmentRef, ...] = ()
    invited: tuple[str, ...] = ()  # the other invited salesmen
    movements: tuple[Movement, ...] = ()
    holds_until: str = ""


@dataclass(frozen=True)
class OfferDeclined(Event):
    """An invited salesman declined an offer."""

    order_id: str
    offer_id: str
    staff: str  # who declined
    by_all: bool = False  # true when that closed the offer
    assigned: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class OfferExpired(Event):
    """An offer ended without a claim."""

    order_id: str
    offer_id: str
    invited: tuple[str, ...] = ()
    assigned: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class WorkAccepted(Event):
    """A fulfiller accepted an assigned fulfillment."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    offer_id: str = ""  # the offer that this closed
    invited: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkRejected(Event):
    """A fulfiller rejected a fulfillment; its units are routed again."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    reason: str  # not_found, damaged, closed or too_busy
    skus: tuple[str, ...] = ()  # the SKUs not found or damaged
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class WorkRerouted(Event):
    """Rejected units were assigned to other locations; a new offer to salesmen is a separate OfferOpened."""

    order_id: str
    assigned: tuple[FulfillmentRef, ...] = ()
    excluded: tuple[str, ...] = ()
    movements: tuple[Movement, ...] = ()
    holds_until: str = ""
    awaiting: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class BackorderFilled(Event):
    """Goods on backorder arrived and were allocated to their order, whose fulfillment can begin."""

    order_id: str
    assigned: tuple[FulfillmentRef, ...]
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class Shortage:
    """A SKU with too few available units."""

    sku: str
    wanted: int  # units
    available: int  # units


@dataclass(frozen=True)
class OrderStranded(Event):
    """No location or salesman can fulfill an order, and the owner has to decide."""

    order_id: str
    short: tuple[Shortage, ...] = ()  # the SKUs that lack units
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkPicked(Event):
    """Picking of a fulfillment began."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    claim_version: int = 0


@dataclass(frozen=True)
class WorkReady(Event):
    """A fulfillment is picked and packed."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    claim_version: int = 0
    collectable: bool = False  # true when the goods of a whole pickup order now wait for the customer


@dataclass(frozen=True)
class WorkDispatched(Event):
    """The goods of a fulfillment left their location."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    claim_version: int = 0
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class CallRequested(Event):
    """The customer asked for a call from the person who delivers the order."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str = ""


@dataclass(frozen=True)
class WorkDelivered(Event):
    """The goods of a fulfillment reached the customer."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    currency: str
    claim_version: int = 0
    completed: bool = False  # true when the whole order has reached the customer
    payments: tuple[PaymentRecord, ...] = ()  # the cash collected at the door
    postings: tuple[Posting, ...] = ()
    order_location: str = ""  # the location of the order, which decides the business day


@dataclass(frozen=True)
class WorkFailed(Event):
    """A delivery attempt failed, or the goods came back after one."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    reason: str = ""
    back: bool = False  # true when the goods are back in stock
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class WorkReturned(Event):
    """Goods that came back no longer belong to the fulfillment: they are sent again, or the order was cancelled."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    send_again: bool = False  # true when the ordered units are routed again


@dataclass(frozen=True)
class WorkHandedOver(Event):
    """The customer collected the goods, or took them at the counter."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    currency: str
    claim_version: int = 0
    completed: bool = False  # true when the whole order has reached the customer
    movements: tuple[Movement, ...] = ()
    payments: tuple[PaymentRecord, ...] = ()  # the cash collected at the counter
    postings: tuple[Posting, ...] = ()
    order_location: str = ""  # the location of the order, which decides the business day


@dataclass(frozen=True)
class WorkCancelled(Event):
    """Fulfillments ended because the order was cancelled or its goods are allocated elsewhere."""

    order_id: str
    stood_down: tuple[FulfillmentRef, ...] = ()
    offer_id: str = ""  # the offer that this closed
    invited: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitsOfSku:
    """Units of one SKU."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class ReducedWork:
    """A fulfillment that brings fewer units than before."""

    fulfillment_id: str
    location: str
    cancelled: tuple[UnitsOfSku, ...]  # what it brings less


@dataclass(frozen=True)
class OrderReduced(Event):
    """Units of an order were cancelled, and the rest of it stays as it was ordered."""

    order_id: str
    reason: str  # text for people
    currency: str
    lines: tuple[ReducedLine, ...]  # by how much each line became smaller
    total_minor: int  # the order's new total
    reduced_minor: int  # by how much the total became smaller
    movements: tuple[Movement, ...] = ()
    postings: tuple[Posting, ...] = ()
    owed_minor: int = 0  # paid already, to be refunded to the customer
    credit_minor: int = 0  # credit exposure released
    stood_down: tuple[FulfillmentRef, ...] = ()  # fulfillments that ended
    reduced_work: tuple[ReducedWork, ...] = ()  # fulfillments that bring fewer units
    returned: tuple[FulfillmentRef, ...] = ()  # of goods that came back; what is not cancelled is routed again
    offer_id: str = ""  # the offer that this closed
    invited: tuple[str, ...] = ()  # the salesmen invited to it
    completed: bool = False  # true when the rest has reached the customer already
    order_location: str = ""  # the location of the order, which decides the business day
