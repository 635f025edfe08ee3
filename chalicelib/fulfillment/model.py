"""What an offer and a fulfillment are, how they may move, and every no they can answer with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import Forbidden, Invalid, NotFound, Problem, Refused, StaleVersion
from chalicelib.kit.events import Event
from chalicelib.orders.model import Order, OrderFulfillmentStatus, OrderStatus
from chalicelib.payments.model import PaymentRecord, Posting
from chalicelib.stock.model import Allocation, Movement


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
    },  # its goods are on their way to the location
    FulfillmentStatus.ASSIGNED: {FulfillmentStatus.ACCEPTED, FulfillmentStatus.REJECTED, FulfillmentStatus.CANCELLED},
    FulfillmentStatus.ACCEPTED: {FulfillmentStatus.PICKING, FulfillmentStatus.REJECTED, FulfillmentStatus.CANCELLED},
    FulfillmentStatus.PICKING: {
        FulfillmentStatus.READY,
        FulfillmentStatus.REJECTED,
        FulfillmentStatus.CANCELLED,
    },  # it is the picker who finds the shelf empty
    FulfillmentStatus.READY: {FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.HANDED_OVER, FulfillmentStatus.CANCELLED},
    FulfillmentStatus.IN_TRANSIT: {FulfillmentStatus.DELIVERED, FulfillmentStatus.FAILED_ATTEMPT},
    FulfillmentStatus.FAILED_ATTEMPT: {FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.BACK_AT_LOCATION},
    FulfillmentStatus.DELIVERED: {FulfillmentStatus.CONFIRMED},
    FulfillmentStatus.CONFIRMED: set(),
    FulfillmentStatus.HANDED_OVER: set(),
    FulfillmentStatus.BACK_AT_LOCATION: set(),
    FulfillmentStatus.REJECTED: set(),
    FulfillmentStatus.CANCELLED: set(),
}
NOT_STARTED = (FulfillmentStatus.AWAITING, FulfillmentStatus.ASSIGNED)  # nobody has begun with it
VAN_TRANSITIONS = {  # nothing is picked from a shelf there
    FulfillmentStatus.ACCEPTED: {FulfillmentStatus.READY, FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.HANDED_OVER}
}

BEFORE_DISPATCH = (*NOT_STARTED, FulfillmentStatus.ACCEPTED, FulfillmentStatus.PICKING, FulfillmentStatus.READY)
WITHDRAWN = {FulfillmentStatus.REJECTED, FulfillmentStatus.CANCELLED}
ARRIVED = {FulfillmentStatus.DELIVERED, FulfillmentStatus.CONFIRMED, FulfillmentStatus.HANDED_OVER}
DISPATCHED = ARRIVED | {FulfillmentStatus.IN_TRANSIT, FulfillmentStatus.FAILED_ATTEMPT}
ENDED = WITHDRAWN | ARRIVED | {FulfillmentStatus.BACK_AT_LOCATION}

# Why a fulfiller says no, and what that does to the units he was asked for.
REJECTION_REASONS = {
    "not_found": "nothing of it can be promised here until somebody counts",
    "damaged": "these units are written off",
    "closed": "the units stay and can be promised again",
    "too_busy": "the units stay and can be promised again",
}


@dataclass(frozen=True)
class Invitation:
    staff: str
    location: str
    distance_meters: int


@dataclass(frozen=True)
class Offer:
    """`wanted` is what a claimer must bring, `assigned` the fulfillments that stand down when one does."""

    id: str
    order_id: str
    status: OfferStatus
    wanted: dict[str, int]
    invited: tuple[Invitation, ...]
    assigned: tuple[str, ...]
    opened_at: datetime
    expires_at: datetime
    claimed_by: str = ""
    declined: tuple[str, ...] = ()
    version: int = 1

    def invitation(self, staff: str) -> Invitation:
        for each in self.invited:
            if each.staff == staff:
                return each
        raise NotInvited(offer=self.id)

    def is_due(self, now: datetime) -> bool:
        return self.status == OfferStatus.OPEN and self.expires_at <= now


@dataclass(frozen=True)
class Fulfillment:
    """`claim_version` is the fencing token: the version its offer had when it was won, 0 where nobody had to claim."""

    id: str
    order_id: str
    location: str
    kind: str  # of the location: warehouse | store | van
    method: str  # ship | pickup | handover
    status: FulfillmentStatus
    pieces: tuple[Allocation, ...]
    assigned_at: datetime
    fulfiller: str = ""
    offer_id: str = ""
    claim_version: int = 0
    reason: str = ""
    version: int = 1


@dataclass(frozen=True)
class OrderFulfillment:
    """One order with all the work there ever was for it; no step is decided from less."""

    order: Order
    fulfillments: tuple[Fulfillment, ...] = ()
    offers: tuple[Offer, ...] = ()

    def fulfillment(self, fulfillment_id: str) -> Fulfillment:
        return next((each for each in self.fulfillments if each.id == fulfillment_id), None) or _raise_not_found()

    def offer(self, offer_id: str) -> Offer:
        return next((each for each in self.offers if each.id == offer_id), None) or _raise_not_found()

    @property
    def open_offer(self) -> Offer | None:
        return next((each for each in self.offers if each.status == OfferStatus.OPEN), None)

    def list_not_started(self, offer: Offer) -> list[Fulfillment]:
        """Assigned until a claim comes in between, or until the goods come."""
        return [
            fulfillment
            for fulfillment in self.fulfillments
            if fulfillment.id in offer.assigned and fulfillment.status in NOT_STARTED
        ]

    def with_changed(self, *fulfillments: Fulfillment) -> list[Fulfillment]:
        changed = {fulfillment.id: fulfillment for fulfillment in fulfillments}
        kept = [changed.pop(fulfillment.id, fulfillment) for fulfillment in self.fulfillments]
        return kept + list(changed.values())


def _raise_not_found() -> Any:
    raise NotFound()


def check_placed(order: Order) -> None:
    if order.status != OrderStatus.PLACED:
        raise OrderNotPlaced(order=order.id, status=order.status)


def transition_offer(offer: Offer, to: OfferStatus, **changes: Any) -> Offer:
    if to != offer.status and to not in OFFER_TRANSITIONS[offer.status]:
        raise CannotMove(**{"from": offer.status, "to": to})
    return replace(offer, status=to, version=offer.version + 1, **changes)


def transition_fulfillment(fulfillment: Fulfillment, to: FulfillmentStatus, **changes: Any) -> Fulfillment:
    ways = FULFILLMENT_TRANSITIONS[fulfillment.status] | (
        VAN_TRANSITIONS.get(fulfillment.status, set()) if fulfillment.kind == "van" else set()
    )
    if to not in ways:
        raise CannotMove(**{"from": fulfillment.status, "to": to})
    return replace(fulfillment, status=to, version=fulfillment.version + 1, **changes)


def apply_claim(offer: Offer, staff: str, now: datetime) -> Offer:
    if problem := refusal_if_closed(offer, now):
        raise problem.copy()
    return transition_offer(offer, OfferStatus.CLAIMED, claimed_by=offer.invitation(staff).staff)


def apply_decline(offer: Offer, staff: str, now: datetime) -> Offer:
    """Only the last of those invited closes the offer by it."""
    if problem := refusal_if_closed(offer, now):
        raise problem.copy()
    said_no = tuple(sorted({*offer.declined, offer.invitation(staff).staff}))
    everyone = len(said_no) == len({each.staff for each in offer.invited})
    return transition_offer(offer, OfferStatus.DECLINED_BY_ALL if everyone else OfferStatus.OPEN, declined=said_no)


def refusal_if_closed(offer: Offer, now: datetime) -> Problem | None:
    """None while it can be claimed. An offer past its end is closed whether or not a sweeper came by."""
    if offer.status == OfferStatus.CLAIMED:
        return AlreadyClaimed(offer=offer.id)
    if offer.status == OfferStatus.SUPERSEDED:
        return WarehouseAccepted(offer=offer.id)
    if offer.status != OfferStatus.OPEN or offer.is_due(now):
        return OfferEnded(offer=offer.id)
    return None


def refusal_of_lost_claim(standing: Offer | None, now: datetime) -> Problem:
    """From the row that stood in a claim's way: its answer, or `Moved` when it can still be had."""
    return (refusal_if_closed(standing, now) if standing else None) or StaleVersion()


def exclude_withdrawn(fulfillments: Iterable[Fulfillment]) -> list[Fulfillment]:
    return [fulfillment for fulfillment in fulfillments if fulfillment.status not in WITHDRAWN]


def assigned_quantities(fulfillments: Iterable[Fulfillment]) -> dict[str, int]:
    units: dict[str, int] = {}
    for fulfillment in exclude_withdrawn(fulfillments):
        for allocation in fulfillment.pieces:
            units[allocation.sku] = units.get(allocation.sku, 0) + allocation.quantity
    return units


def unassigned_quantities(demand: dict[str, int], fulfillments: Iterable[Fulfillment]) -> dict[str, int]:
    """What of an order nobody has to bring at the moment: the whole reason for routing, the first time and again."""
    units = assigned_quantities(fulfillments)
    missing = {sku: quantity - units.get(sku, 0) for sku, quantity in demand.items()}
    return {sku: quantity for sku, quantity in missing.items() if quantity > 0}


def derive_order_status(
    demand: dict[str, int], fulfillments: Sequence[Fulfillment], has_open_offer: bool
) -> OrderFulfillmentStatus:
    """The order's `fulfillment_status`, always derived from its fulfillments and never counted up."""
    states = {fulfillment.status for fulfillment in exclude_withdrawn(fulfillments)}
    whole = not unassigned_quantities(demand, fulfillments)
    back = {FulfillmentStatus.BACK_AT_LOCATION}
    if states and states <= back and whole:
        return OrderFulfillmentStatus.RETURNED
    if states and states <= ARRIVED and whole:
        return OrderFulfillmentStatus.DELIVERED
    if states and states <= DISPATCHED | back and whole:
        return OrderFulfillmentStatus.SHIPPED
    if states & (DISPATCHED | back):
        return OrderFulfillmentStatus.PARTLY_SHIPPED
    if has_open_offer:
        return OrderFulfillmentStatus.OFFERED
    return (
        OrderFulfillmentStatus.ASSIGNED if states - {FulfillmentStatus.AWAITING} else OrderFulfillmentStatus.UNASSIGNED
    )


def count_claim_writes(pieces: int, skus: int, on_hold: bool, parts: int) -> int:
    """How many conditional writes a claim would be: levels left and levels taken, the same again in holds, the
    fulfillments that stand down, and offer, new fulfillment, order, journal entry, request."""
    return (pieces + skus) * (2 if on_hold else 1) + parts + 5


def build_fulfillment_id(order_id: str, number: int) -> str:
    """Numbered within its order, so that a repeat makes the same one and the id alone leads to the order."""
    return f"ful_{order_id.removeprefix('ord_')}-{number}"


def build_offer_id(order_id: str, number: int) -> str:
    return f"off_{order_id.removeprefix('ord_')}-{number}"


def order_id_from(identifier: str) -> str:
    """The order behind a fulfillment's or an offer's id."""
    return "ord_" + identifier.partition("_")[2].rpartition("-")[0]


def fulfillment_refs(fulfillments: Iterable[Fulfillment]) -> tuple[FulfillmentRef, ...]:
    """How an event names fulfillments."""
    return tuple(FulfillmentRef(fulfillment.id, fulfillment.location) for fulfillment in fulfillments)


def startable_refs(fulfillments: Iterable[Fulfillment]) -> tuple[FulfillmentRef, ...]:
    """Of new work: whose goods are there."""
    return fulfillment_refs(
        fulfillment for fulfillment in fulfillments if fulfillment.status != FulfillmentStatus.AWAITING
    )


def awaiting_refs(fulfillments: Iterable[Fulfillment]) -> tuple[FulfillmentRef, ...]:
    """Of new work: whose goods are still on their way."""
    return fulfillment_refs(
        fulfillment for fulfillment in fulfillments if fulfillment.status == FulfillmentStatus.AWAITING
    )


def offer_expiry(opened_at: datetime, minutes: int) -> datetime:
    return opened_at + timedelta(minutes=minutes)


class AlreadyClaimed(Refused):
    message = "Somebody else was faster: this order is taken."


class WarehouseAccepted(Refused):
    message = "The warehouse has begun with this order; it needs nobody else."


class OfferEnded(Refused):
    """Told as `offer_expired`; the event that closes an offer has that name in Python already."""

    code = "offer_expired"
    message = "This offer has ended."


class NotInvited(Forbidden):
    message = "This offer was not made to you."


class NotPaid(Refused):
    message = "The goods leave only when {method} payment {payment} has arrived; it is {status}."


class CannotMove(Refused):
    message = "It is {from} and cannot become {to} from there."


class OrderNotPlaced(Refused):
    """The order itself is over, so none of its work goes on."""

    code = "cannot_move"
    message = "Order {order} is {status}; its work has ended."


class NobodyToCall(Refused):
    message = "Nobody is on the way with this order at the moment; ask again once somebody brings it."


class UnknownReason(Invalid):
    message = "Say why, with one of: {reasons}."


@dataclass(frozen=True)
class FulfillmentRef:
    """One fulfillment and where its goods are."""

    fulfillment_id: str
    location: str


@dataclass(frozen=True)
class OfferOpened(Event):
    """The work on an order began: some bring it unless one of the invited salesmen claims it."""

    order_id: str
    offer_id: str = ""  # absent when nobody could be asked, see `rule`
    invited: tuple[str, ...] = ()
    assigned: tuple[FulfillmentRef, ...] = ()
    expires_at: str = ""
    rule: str = ""  # the routing rule that decided
    awaiting: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class OfferClaimed(Event):
    """A salesman took an offer, and the order's goods are promised on their van."""

    order_id: str
    offer_id: str
    fulfillment_id: str  # the salesman's own
    staff: str  # who claimed
    location: str
    claim_version: int
    stood_down: tuple[FulfillmentRef, ...] = ()
    invited: tuple[str, ...] = ()  # the others who had been asked
    movements: tuple[Movement, ...] = ()
    holds_until: str = ""


@dataclass(frozen=True)
class OfferDeclined(Event):
    """An invited salesman said no."""

    order_id: str
    offer_id: str
    staff: str  # who declined
    by_all: bool = False  # true when that closed the offer
    assigned: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class OfferExpired(Event):
    """Nobody claimed an offer in time."""

    order_id: str
    offer_id: str
    invited: tuple[str, ...] = ()
    assigned: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class WorkAccepted(Event):
    """A fulfiller took on an assigned fulfillment."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    offer_id: str = ""  # the offer that this closed
    invited: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkRejected(Event):
    """A fulfiller gave a fulfillment back, and it is routed again."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    reason: str  # not_found, damaged, closed or too_busy
    skus: tuple[str, ...] = ()  # those that were not found or damaged
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class WorkRerouted(Event):
    """What others gave up was assigned anew; salesmen asked besides get an OfferOpened."""

    order_id: str
    assigned: tuple[FulfillmentRef, ...] = ()
    excluded: tuple[str, ...] = ()
    movements: tuple[Movement, ...] = ()
    holds_until: str = ""
    awaiting: tuple[FulfillmentRef, ...] = ()


@dataclass(frozen=True)
class BackorderFilled(Event):
    """Goods that an order waited for have come and are with it now, so its work can begin."""

    order_id: str
    assigned: tuple[FulfillmentRef, ...]
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class Shortage:
    """A SKU of which too few units can be promised."""

    sku: str
    wanted: int  # units
    available: int  # units


@dataclass(frozen=True)
class OrderStranded(Event):
    """Nobody can bring an order, and the owner has to decide."""

    order_id: str
    short: tuple[Shortage, ...] = ()  # of what too little is there
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkPicked(Event):
    """Picking began."""

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


@dataclass(frozen=True)
class WorkDispatched(Event):
    """The goods of a fulfillment left the house."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    claim_version: int = 0
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True)
class CallRequested(Event):
    """The customer would like to be called by whoever brings their order."""

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
    completed: bool = False  # true when the whole order is with its customer
    payments: tuple[PaymentRecord, ...] = ()  # the cash collected at the door
    postings: tuple[Posting, ...] = ()


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
class WorkHandedOver(Event):
    """The customer collected the goods, or took them along at the counter."""

    order_id: str
    fulfillment_id: str
    location: str
    fulfiller: str
    currency: str
    claim_version: int = 0
    completed: bool = False  # true when the whole order is with its customer
    movements: tuple[Movement, ...] = ()
    payments: tuple[PaymentRecord, ...] = ()  # the cash collected at the counter
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class WorkCancelled(Event):
    """The order ended before its goods left, or its goods lie elsewhere: everyone still at it stands down."""

    order_id: str
    stood_down: tuple[FulfillmentRef, ...] = ()
    offer_id: str = ""  # the offer that this closed
    invited: tuple[str, ...] = ()
