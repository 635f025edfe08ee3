"""Orders, their transition tables, their refusals and their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money, total
from chalicelib.payments.model import OrderPaymentStatus, PaymentRecord, Posting
from chalicelib.stock.model import Allocation, Movement, bucket_to_day, is_inbound_bucket

MAX_LINES = 40  # a level and a hold per line, with order, payment, credit and journal, fit in one transaction

LINK_LIFETIME = timedelta(days=90)
EARLIEST_PLACED_AT = datetime(1990, 1, 1, tzinfo=UTC)  # the empty dates of other systems are 1900 and 1970
CLOCK_TOLERANCE = timedelta(minutes=5)  # clocks of other systems may be ahead


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

# Written by fulfillment in its own commits; defined here because an order can be cancelled only in some of these.
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
        OrderFulfillmentStatus.OFFERED,
        OrderFulfillmentStatus.UNASSIGNED,
        OrderFulfillmentStatus.DELIVERED,
        OrderFulfillmentStatus.RETURNED,
    },
    OrderFulfillmentStatus.SHIPPED: {
        OrderFulfillmentStatus.DELIVERED,
        OrderFulfillmentStatus.ASSIGNED,
        OrderFulfillmentStatus.PARTLY_SHIPPED,
        OrderFulfillmentStatus.RETURNED,
    },
    OrderFulfillmentStatus.DELIVERED: {OrderFulfillmentStatus.RETURNED},
    OrderFulfillmentStatus.RETURNED: {
        OrderFulfillmentStatus.UNASSIGNED,  # sent again, and routed with the next event
        OrderFulfillmentStatus.PARTLY_SHIPPED,
        OrderFulfillmentStatus.CANCELLED,
    },
    OrderFulfillmentStatus.CANCELLED: set(),
}
CANCELLABLE = {
    status for status, targets in FULFILLMENT_TRANSITIONS.items() if OrderFulfillmentStatus.CANCELLED in targets
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
    later: tuple[tuple[int, str], ...] = ()  # (units, promised day) of the units that were not in stock

    def to_event_line(self) -> OrderPlacedLine:
        cost = self.cost.minor if self.cost is not None else None
        return OrderPlacedLine(self.sku, self.quantity, self.total.minor, self.tax.minor, cost)


@dataclass(frozen=True)
class Delivery:
    """How and where the order is delivered. `point` is {"lat", "lon"} of the address, else of its postcode."""

    method: str  # ship | pickup | handover
    location: str | None = None
    address: dict[str, Any] | None = None
    point: dict[str, float] | None = None


@dataclass(frozen=True)
class Order:
    """An order. `allocations` are the units at each location that are promised to it, or only held while
    `reserved_until` is set."""

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
    allocations: tuple[Allocation, ...] = ()
    payment_ids: tuple[str, ...] = ()
    reserved_until: datetime | None = None
    coupons: tuple[str, ...] = ()
    coupon_uses: Mapping[str, Sequence[str]] = field(default_factory=dict)  # codes whose use was counted, by person
    note: str = ""
    ref: str = ""
    reason: str = ""
    carrier_name: str = ""
    token_version: int = 1
    link_until: datetime | None = None  # when the customer's link expires
    network_id: str = ""  # opaque id of the shopper's network, from `auth.network_id`
    historical: bool = False  # sold before this shop: complete and paid, without work, stock, credit or messages
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


def merge_demand(quantities: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return the total quantity per SKU, so that two lines of one SKU are not checked against the same units."""
    demand: dict[str, int] = {}
    for sku, quantity in quantities:
        demand[sku] = demand.get(sku, 0) + quantity
    return demand


def with_promised_days(lines: Sequence[OrderLine], allocations: Sequence[Allocation]) -> tuple[OrderLine, ...]:
    """Return the lines with `later` set from allocations of inbound stock. `later` stays after the goods arrived."""
    later: dict[str, dict[str, int]] = {}
    for allocation in allocations:
        if is_inbound_bucket(allocation.shard):
            days = later.setdefault(allocation.sku, {})
            day = bucket_to_day(allocation.shard)
            days[day] = days.get(day, 0) + allocation.quantity
    return tuple(replace(line, later=_sort_by_day(later[line.sku])) if line.sku in later else line for line in lines)


def _sort_by_day(days: dict[str, int]) -> tuple[tuple[int, str], ...]:
    return tuple((quantity, day) for day, quantity in sorted(days.items()))


def link_expires_at(created_at: datetime) -> datetime:
    """Return when an order link created at this instant expires."""
    return created_at + LINK_LIFETIME


def is_cancellable(order: Order) -> bool:
    """Return whether the order is open and none of its goods have left, or all of them came back."""
    return OrderStatus.CANCELLED in TRANSITIONS[order.status] and order.fulfillment_status in CANCELLABLE


class TooManyLines(Invalid):
    message = "An order holds at most {most} different products; split it into several orders."


class TooManyPlaces(Refused):
    message = "The goods of this order are at too many locations for one order; split it into several orders."


class HandoverNeedsMoney(Invalid):
    message = "Goods handed over at the counter are paid immediately, in cash or on credit, not by {method}."


class PlacedAtOutOfRange(Invalid):
    message = "The time of an order must lie between 1990 and now; check the day, the year and the time zone."

    def __init__(self, placed_at: datetime) -> None:
        super().__init__(("placed_at", "must lie between 1990 and now"), placed_at=placed_at.isoformat())


def check_placed_at(placed_at: datetime, now: datetime) -> None:
    """Raise PlacedAtOutOfRange for an instant in the future or of a time before any order. Needs a time zone."""
    if not EARLIEST_PLACED_AT <= placed_at <= now + CLOCK_TOLERANCE:
        raise PlacedAtOutOfRange(placed_at)


class MayNotAgreePrices(Invalid):
    message = "Only a channel key or the owner may send prices, dates, freight and references agreed elsewhere."


class MayNotOverridePrices(Refused):
    message = "Only the owner may set a price by hand, and a reason is required."


class MayNotOverrideCredit(Refused):
    message = "Only the owner and finance may grant credit over the limit; leave out the reason of the payment."


class CannotCancel(Refused):
    message = "Order {order} cannot be cancelled: it is {order_status} and its goods are {fulfillment_status}."


class UnitsHaveLeft(Refused):
    message = "Of {sku} only {possible} can still be cancelled; the others are on their way or delivered."


class MoreThanRefundOwed(Refused):
    message = "For order {order} {owed} is owed back to the customer; record at most that."


class NotOnOrder(Invalid):
    message = "Order {order} has fewer than {wanted} of {sku}; cancel at most {ordered}."


class ProofAwaitsCheck(Refused):
    message = "Confirm or reject the proof of payment {payment} first: part of an order is cancelled after that."


class PriceChanged(Refused):
    """The total differs from the one that the client was quoted. `quote` is the present quote, as JSON."""

    message = "The total is {total} now, not {expected}; check the new quote and order again."

    def __init__(self, expected: Money, total: Money, quote: dict[str, Any]) -> None:
        super().__init__(expected=expected, total=total, quote=quote)


class SearchTooBroad(Invalid):
    message = "None of the newest {read} orders matches; add a day, a customer or a longer word."


class NoLocation(Invalid):
    message = "Pickup and handover need a location; name one of the stores."


class DraftGone(Refused):
    message = "This draft was already submitted or has expired; create a new one."


class NotAwaitingMoney(Refused):
    message = "Payment {payment} by {method} is {payment_status}; only an open bank transfer is confirmed or rejected."


class OrderNotAwaitingMoney(Refused):
    code = "not_awaiting_money"
    message = "Order {order} is {payment_status}; no payment of it awaits money."


@dataclass(frozen=True)
class OrderPlacedLine:
    """One line of an order as it was sold."""

    sku: str
    quantity: int
    total_minor: int  # what the line costs with its tax, after discounts
    tax_minor: int  # the tax in it
    cost_minor: int | None = None  # what the goods cost us; absent when unknown


@dataclass(frozen=True)
class DiscountGivenBack:
    """The share of a discount that went with cancelled units."""

    code: str  # of the promotion, coupon or price rule
    minor: int  # negative, as on the line


@dataclass(frozen=True)
class ReducedLine:
    """By how much a line became smaller."""

    sku: str
    quantity: int  # cancelled units
    total_minor: int  # what they cost with their tax, after their share of the discounts
    tax_minor: int  # the tax in it
    cost_minor: int | None = None  # what they cost us; absent when unknown
    discounts: tuple[DiscountGivenBack, ...] = ()  # their share of each discount


@dataclass(frozen=True)
class OrderPlaced(Event):
    """A customer or a member of staff placed an order; its goods are promised or handed over."""

    order_id: str
    channel: str
    currency: str
    total_minor: int  # what the customer pays, freight included
    method: str  # ship, pickup or handover
    lines: tuple[OrderPlacedLine, ...]  # what was bought
    payments: tuple[PaymentRecord, ...]  # its payments at placement
    movements: tuple[Movement, ...] = ()
    postings: tuple[Posting, ...] = ()
    freight_minor: int = 0
    customer_id: str = ""
    location: str = ""  # location of the member of staff who placed it
    placement: str = ""  # the link or QR code it came from
    placed_at: str = ""  # the order's business date; of imported orders, earlier than their entry
    holds_until: str = ""
    credit_minor: int = 0  # bought on credit
    reason: str = ""  # for a price set by hand, or for credit granted over the limit
    made_by: str = ""  # the member of staff who made the sale, when the order was recorded by another (an import)


@dataclass(frozen=True)
class HistoricalOrderRecorded(Event):
    """An order of an earlier system was recorded: complete and paid, without work, stock, credit or messages."""

    order_id: str
    channel: str
    currency: str
    total_minor: int  # what the customer paid, freight included
    lines: tuple[OrderPlacedLine, ...]  # what was bought
    payments: tuple[PaymentRecord, ...]  # how it was paid
    placed_at: str  # the order's business date
    freight_minor: int = 0
    customer_id: str = ""
    location: str = ""  # the store, warehouse or van that sold it
    made_by: str = ""  # the member of staff who made the sale


@dataclass(frozen=True)
class OrderCancelled(Event):
    """An order was cancelled before its goods left, or after all of them came back."""

    order_id: str
    reason: str  # text for people; consumers decide by `cause`
    currency: str
    total_minor: int
    cause: CancelCause = CancelCause.REQUESTED  # requested by the customer or staff, payment expired, or goods gone
    movements: tuple[Movement, ...] = ()
    postings: tuple[Posting, ...] = ()
    owed_minor: int = 0  # to be refunded to the customer
    credit_minor: int = 0  # credit exposure released
    payments: tuple[PaymentRecord, ...] = ()  # payments captured in the same commit
    order_location: str = ""  # the location of the order, which decides the business day


@dataclass(frozen=True)
class ProofSubmitted(Event):
    """A customer sent proof of a bank transfer; finance has to check the latest one."""

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
    owed_minor: int = 0  # no longer due, to be refunded
    credit_minor: int = 0  # credit exposure released, because the money was applied to that debt first
    order_location: str = ""  # the location of the order, which decides the business day


@dataclass(frozen=True)
class RefundedPayment:
    """The part of a payment that was returned."""

    payment_id: str
    amount_minor: int  # how much of it


@dataclass(frozen=True)
class RefundRecorded(Event):
    """Money owed back was returned to the customer."""

    order_id: str
    method: str  # transfer or cash
    amount_minor: int
    currency: str
    refunds: tuple[RefundedPayment, ...]  # the payments that were returned
    till: str = ""  # absent for a transfer
    shift: str = ""  # absent for a transfer
    postings: tuple[Posting, ...] = ()
    order_location: str = ""  # the location of the order, which decides the business day


@dataclass(frozen=True)
class PaymentRejected(Event):
    """The proof of a transfer was not accepted; the customer may send another."""

    order_id: str
    payment_id: str
    reason: str


@dataclass(frozen=True)
class OrderSettled(Event):
    """The payment status of an order changed after money was collected against its receivable."""

    order_id: str
    payment_status: OrderPaymentStatus
    was: OrderPaymentStatus  # the previous payment status


@dataclass(frozen=True)
class LinkRenewed(Event):
    """The customer's link to the order was replaced; all earlier links stopped working."""

    order_id: str
    token_version: int  # only links of this version open the order


@dataclass(frozen=True)
class DraftCreated(Event):
    """Staff created a draft order, which its customer still has to confirm."""

    order_id: str
    channel: str
    currency: str
    total_minor: int


@dataclass(frozen=True)
class PayLinkRequested(Event):
    """Staff requested that the customer of a draft be sent the link to confirm and pay it."""

    order_id: str
