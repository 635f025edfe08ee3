"""What an order is, how it may move, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money, total
from chalicelib.payments.model import OrderPaymentStatus, PaymentRecord, Posting
from chalicelib.stock.model import Allocation, Movement, bucket_to_day, is_inbound_bucket

MAX_LINES = 40  # order, payment, credit, request, journal and a hold beside every level fit in one transaction

LINK_LIFETIME = timedelta(days=90)


class OrderStatus(StrEnum):
    DRAFT = "draft"
    PLACED = "placed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class OrderFulfillmentStatus(StrEnum):
    UNASSIGNED = "unassigned"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class CancelCause(StrEnum):
    REQUESTED = "requested"
    PAYMENT_EXPIRED = "payment_expired"
    GOODS_GONE = "goods_gone"


TRANSITIONS: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.DRAFT: {OrderStatus.PLACED, OrderStatus.CANCELLED},
    OrderStatus.PLACED: {OrderStatus.COMPLETED, OrderStatus.CANCELLED},
    OrderStatus.COMPLETED: set(),
    OrderStatus.CANCELLED: set(),
}

# Written by fulfillment in its own commits; here because the promise ends where the goods leave the house.
FULFILLMENT_TRANSITIONS: dict[OrderFulfillmentStatus, set[OrderFulfillmentStatus]] = {
    OrderFulfillmentStatus.UNASSIGNED: {
        OrderFulfillmentStatus.OFFERED,
        OrderFulfillmentStatus.ASSIGNED,
        OrderFulfillmentStatus.DELIVERED,
        OrderFulfillmentStatus.CANCELLED,
    },
    OrderFulfillmentStatus.OFFERED: {
        OrderFulfillmentStatus.ASSIGNED,
        OrderFulfillmentStatus.UNASSIGNED,
        OrderFulfillmentStatus.CANCELLED,
    },
    OrderFulfillmentStatus.ASSIGNED: {
        OrderFulfillmentStatus.ASSIGNED,
        OrderFulfillmentStatus.OFFERED,
        OrderFulfillmentStatus.UNASSIGNED,
        OrderFulfillmentStatus.PARTLY_SHIPPED,
        OrderFulfillmentStatus.SHIPPED,
        OrderFulfillmentStatus.DELIVERED,
        OrderFulfillmentStatus.CANCELLED,
    },
    OrderFulfillmentStatus.PARTLY_SHIPPED: {
        OrderFulfillmentStatus.SHIPPED,
        OrderFulfillmentStatus.ASSIGNED,
        OrderFulfillmentStatus.DELIVERED,
    },
    OrderFulfillmentStatus.SHIPPED: {
        OrderFulfillmentStatus.DELIVERED,
        OrderFulfillmentStatus.ASSIGNED,
        OrderFulfillmentStatus.RETURNED,
    },
    OrderFulfillmentStatus.DELIVERED: {OrderFulfillmentStatus.RETURNED},
    OrderFulfillmentStatus.RETURNED: set(),
    OrderFulfillmentStatus.CANCELLED: set(),
}
BEFORE_SHIPMENT = {
    OrderFulfillmentStatus.UNASSIGNED,
    OrderFulfillmentStatus.OFFERED,
    OrderFulfillmentStatus.ASSIGNED,
}


@dataclass(frozen=True)
class OrderLine:
    sku: str
    name: str
    quantity: int
    unit_price: Money
    total: Money
    tax: Money
    cost: Money | None = None
    adjustments: tuple[dict[str, Any], ...] = ()  # {"code", "says", "kind", "amount_minor"}
    later: tuple[tuple[int, str], ...] = ()  # (units, the day they were promised for), of what was not in stock

    def to_event_line(self) -> OrderPlacedLine:
        cost = self.cost.minor if self.cost is not None else None
        return OrderPlacedLine(self.sku, self.quantity, self.total.minor, self.tax.minor, cost)


@dataclass(frozen=True)
class Delivery:
    """`point` is {"lat", "lon"}: the address's own position, else where its postcode lies."""

    method: str  # ship | pickup | handover
    location: str | None = None
    address: dict[str, Any] | None = None
    point: dict[str, float] | None = None


@dataclass(frozen=True)
class Order:
    """`pieces` says which units at which location are promised to it; `reserved_until` only while they are on hold."""

    id: str
    number: str
    channel: str
    placed_at: datetime
    status: OrderStatus
    payment_status: OrderPaymentStatus
    fulfillment_status: OrderFulfillmentStatus
    lines: tuple[OrderLine, ...]
    delivery: Delivery
    total: Money
    freight: Money
    actor: str
    contact: dict[str, str] = field(default_factory=dict)
    customer_id: str = ""
    location: str = ""
    placement: str = ""
    pieces: tuple[Allocation, ...] = ()
    payment_ids: tuple[str, ...] = ()
    reserved_until: datetime | None = None
    coupons: tuple[str, ...] = ()
    note: str = ""
    ref: str = ""
    reason: str = ""
    bringer: str = ""
    token_version: int = 1
    link_until: datetime | None = None  # when the customer's link ends
    caller: str = ""  # the network a shopper called from, as `auth.caller` names it
    version: int = 0
    journal_hash: str = ""

    @property
    def subject(self) -> str:
        return f"order#{self.id}"

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def on_hold(self) -> bool:
        return self.reserved_until is not None

    @property
    def tax(self) -> Money:
        return total((line.tax for line in self.lines), self.currency)

    @property
    def demand(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in self.lines}


def merge_demand(wanted: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Demand per SKU: two lines of one SKU are one demand, or each would be checked against the same units."""
    demand: dict[str, int] = {}
    for sku, quantity in wanted:
        demand[sku] = demand.get(sku, 0) + quantity
    return demand


def with_promised_days(lines: Sequence[OrderLine], pieces: Sequence[Allocation]) -> tuple[OrderLine, ...]:
    """Each line with what of it is promised for a later day; it keeps saying so when the goods have come."""
    later: dict[str, dict[str, int]] = {}
    for piece in pieces:
        if is_inbound_bucket(piece.shard):
            days = later.setdefault(piece.sku, {})
            days[bucket_to_day(piece.shard)] = days.get(bucket_to_day(piece.shard), 0) + piece.quantity
    return tuple(replace(line, later=_sort_by_day(later[line.sku])) if line.sku in later else line for line in lines)


def _sort_by_day(days: dict[str, int]) -> tuple[tuple[int, str], ...]:
    return tuple((quantity, on) for on, quantity in sorted(days.items()))


def link_expires_at(made_at: datetime) -> datetime:
    """Long enough for any delivery and its questions; after that an old message opens nothing."""
    return made_at + LINK_LIFETIME


def is_cancellable(order: Order) -> bool:
    return OrderStatus.CANCELLED in TRANSITIONS[order.status] and order.fulfillment_status in BEFORE_SHIPMENT


class TooManyLines(Invalid):
    message = "An order holds at most {most} different goods; split it in two."


class TooManyPlaces(Refused):
    message = "The goods of this order lie in too many places to be promised at once; split it in two."


class HandoverNeedsMoney(Invalid):
    message = "Goods handed over at the counter are paid at once: cash or credit, not {method}."


class MayNotAgreePrices(Invalid):
    message = "Prices, dates, freight and references agreed elsewhere come only from a channel key or the owner."


class MayNotOverridePrices(Refused):
    message = "Only the owner may set a price by hand, and only with a reason."


class CannotCancel(Refused):
    message = "Order {order} is {status} and its goods are {fulfillment_status}: too late to cancel it."


class NoLocation(Invalid):
    message = "Say which location: pickup and handover happen somewhere."


class WrongCurrency(Invalid):
    message = "This shop counts in {ours}, not in {theirs}."


class DraftGone(Refused):
    message = "This draft was already submitted or has lapsed; make a new one."


class NotAwaitingMoney(Refused):
    message = "Payment {payment} is {status}; there is nothing to do with it here."


@dataclass(frozen=True)
class OrderPlacedLine:
    """One line of an order as it was sold."""

    sku: str
    quantity: int
    total_minor: int  # what the line costs with its tax, after discounts
    tax_minor: int  # the tax in it
    cost_minor: int | None = None  # what the goods cost us; absent when unknown


@dataclass(frozen=True)
class OrderPlaced(Event):
    """A customer or a member of staff placed an order, and its goods are promised or handed over."""

    order_id: str
    channel: str
    currency: str
    total_minor: int  # what the customer pays, freight included
    method: str  # ship, pickup or handover
    lines: tuple[OrderPlacedLine, ...]  # what was bought
    payments: tuple[PaymentRecord, ...]  # its tenders, as they began
    movements: tuple[Movement, ...] = ()
    postings: tuple[Posting, ...] = ()
    freight_minor: int = 0
    customer_id: str = ""
    location: str = ""  # where the member of staff works who placed it
    placement: str = ""  # the link or QR code that it came by
    placed_at: str = ""  # the order's business date; imported orders are older than their entry
    holds_until: str = ""
    credit_minor: int = 0  # bought on credit
    reason: str = ""  # of a price set by hand, or of credit granted over the limit
    made_by: str = ""  # whose order it is, when somebody else (an import) recorded it


@dataclass(frozen=True)
class OrderCancelled(Event):
    """An order ended before its goods left: by its customer, by staff, by the clock or because its goods are gone."""

    order_id: str
    reason: str  # text for people; readers decide by `cause`
    currency: str
    total_minor: int
    cause: CancelCause = CancelCause.REQUESTED  # by the customer or staff, by the clock, or because goods are gone
    movements: tuple[Movement, ...] = ()
    postings: tuple[Posting, ...] = ()
    owed_minor: int = 0  # to be refunded to the customer
    credit_minor: int = 0  # credit exposure released
    payments: tuple[PaymentRecord, ...] = ()  # captured in this very commit


@dataclass(frozen=True)
class ProofSubmitted(Event):
    """A customer sent the proof of a bank transfer, and somebody has to check it."""

    order_id: str
    payment_id: str
    file: str = ""  # key of the stored picture


@dataclass(frozen=True)
class PaymentCaptured(Event):
    """Money for an order arrived: a transfer was confirmed, or cash was taken at a counter."""

    order_id: str
    payment_id: str
    method: str
    amount_minor: int
    currency: str
    movements: tuple[Movement, ...] = ()
    postings: tuple[Posting, ...] = ()
    owed_minor: int = 0  # not expected any more: to be refunded
    credit_minor: int = 0  # credit exposure released, because the money paid that debt first


@dataclass(frozen=True)
class PaymentRejected(Event):
    """The proof of a transfer was not accepted; the customer may send another."""

    order_id: str
    payment_id: str
    reason: str


@dataclass(frozen=True)
class OrderSettled(Event):
    """The payment status of an order followed money collected elsewhere."""

    order_id: str
    payment_status: OrderPaymentStatus
    was: OrderPaymentStatus  # the payment status before


@dataclass(frozen=True)
class LinkRenewed(Event):
    """A new link to the order was made for its customer, and all earlier ones ended."""

    order_id: str
    token_version: int  # only links of this version open the order


@dataclass(frozen=True)
class DraftCreated(Event):
    """Staff prepared an order that its customer still has to confirm."""

    order_id: str
    channel: str
    currency: str
    total_minor: int


@dataclass(frozen=True)
class PayLinkRequested(Event):
    """The customer of a draft is to be sent the link by which to confirm and pay."""

    order_id: str
