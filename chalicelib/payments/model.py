"""Tenders, cash drawers and debts: their states, their refusals, and what is told of them.

The rules stand beside it, as pure as this: `pay.py` for tenders, `owe.py` for debts, `post.py` for the double entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.kit.errors import Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money, zero


class PaymentStatus(StrEnum):
    """Of one payment; which of them a method knows is said in STATES."""

    DUE = "due"
    ON_CREDIT = "on_credit"
    AWAITING_PROOF = "awaiting_proof"
    PROOF_SUBMITTED = "proof_submitted"
    REJECTED = "rejected"
    CAPTURED = "captured"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class OrderPaymentStatus(StrEnum):
    """Of an order: derived from its payments, see `pay.payment_status`."""

    UNPAID = "unpaid"
    PENDING = "pending"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    ON_CREDIT = "on_credit"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class ShiftStatus(StrEnum):
    OPEN = "open"
    COUNTED = "counted"
    CLOSED = "closed"


class ReceivableStatus(StrEnum):
    OPEN = "open"
    PARTIALLY_SETTLED = "partially_settled"
    SETTLED = "settled"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True)
class Posting:
    """One side of a double entry; the postings of one event sum to zero."""

    account: str  # till:…, bank, safe, receivable:…, order:…, sales, variance, opening or refund_owed:…
    minor: int  # minor units of the event's currency; positive is ours or owed to us


@dataclass(frozen=True)
class PaymentRecord:
    """A payment as an event names it."""

    payment_id: str
    method: str
    amount_minor: int
    status: PaymentStatus


@dataclass(frozen=True)
class PaymentMethod:
    """`at_once` commits with the order; `holds` keeps the goods waiting; `before_dispatch` must be captured first."""

    code: str
    initial: PaymentStatus
    immediate: bool
    holds_stock: bool
    captured_before_dispatch: bool
    refund: str  # instant | window | manual


# Gateways (card, qris, virtual_account) join by a row here and a state table below; until then they are refused.
PAYMENT_METHODS = {
    method.code: method
    for method in (
        PaymentMethod(
            "cash",
            PaymentStatus.CAPTURED,
            immediate=True,
            holds_stock=False,
            captured_before_dispatch=True,
            refund="instant",
        ),
        PaymentMethod(
            "cod", PaymentStatus.DUE, immediate=True, holds_stock=False, captured_before_dispatch=False, refund="manual"
        ),
        PaymentMethod(
            "transfer",
            PaymentStatus.AWAITING_PROOF,
            immediate=False,
            holds_stock=True,
            captured_before_dispatch=True,
            refund="manual",
        ),
        PaymentMethod(
            "credit",
            PaymentStatus.ON_CREDIT,
            immediate=True,
            holds_stock=False,
            captured_before_dispatch=False,
            refund="instant",
        ),
    )
}

MAX_PAYMENTS_PER_ORDER = 4  # of one order, when it is placed

# Money may arrive after an order has ended: a transfer is then captured all the same, and owed back.
PAYMENT_STATES: dict[str, dict[PaymentStatus, set[PaymentStatus]]] = {
    "cash": {PaymentStatus.CAPTURED: set()},
    "cod": {
        PaymentStatus.DUE: {PaymentStatus.CAPTURED, PaymentStatus.CANCELLED},
        PaymentStatus.CAPTURED: set(),
        PaymentStatus.CANCELLED: set(),
    },
    "transfer": {
        PaymentStatus.AWAITING_PROOF: {
            PaymentStatus.PROOF_SUBMITTED,
            PaymentStatus.CAPTURED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELLED,
        },
        PaymentStatus.PROOF_SUBMITTED: {
            PaymentStatus.CAPTURED,
            PaymentStatus.REJECTED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELLED,
        },
        PaymentStatus.REJECTED: {
            PaymentStatus.AWAITING_PROOF,
            PaymentStatus.PROOF_SUBMITTED,
            PaymentStatus.CAPTURED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELLED,
        },
        PaymentStatus.EXPIRED: {PaymentStatus.CAPTURED},
        PaymentStatus.CANCELLED: {PaymentStatus.CAPTURED},
        PaymentStatus.CAPTURED: set(),
    },
    "credit": {
        PaymentStatus.ON_CREDIT: {PaymentStatus.CAPTURED, PaymentStatus.CANCELLED},
        PaymentStatus.CAPTURED: set(),
        PaymentStatus.CANCELLED: set(),
    },
}
SHIFT_STATES: dict[ShiftStatus, set[ShiftStatus]] = {
    ShiftStatus.OPEN: {ShiftStatus.COUNTED},
    ShiftStatus.COUNTED: {ShiftStatus.CLOSED},
    ShiftStatus.CLOSED: set(),
}
RECEIVABLE_STATES: dict[ReceivableStatus, set[ReceivableStatus]] = {
    ReceivableStatus.OPEN: {
        ReceivableStatus.PARTIALLY_SETTLED,
        ReceivableStatus.SETTLED,
        ReceivableStatus.WRITTEN_OFF,
    },
    ReceivableStatus.PARTIALLY_SETTLED: {ReceivableStatus.SETTLED, ReceivableStatus.WRITTEN_OFF},
    ReceivableStatus.SETTLED: set(),
    ReceivableStatus.WRITTEN_OFF: set(),
}


class MethodUnavailable(Refused):
    message = "Payment by {method} is not possible here; choose one of {methods}."


class NoOpenShift(Refused):
    message = "Open a shift first: cash needs a drawer to go into."


class ShiftNotOpen(Refused):
    message = "Shift {shift_id} is {status}; no cash moves through it any more."


class ShiftNotCounted(Refused):
    message = "Shift {shift_id} is {status}; count its cash before closing it."


class ShiftAlreadyOpen(Refused):
    message = "You have an open shift already: {shift_id}. Close it before opening another."


class TillInUse(Refused):
    message = "Till {till} is open in shift {shift_id}."


class NotEnoughCash(Refused):
    message = "There is less in that drawer than {wanted}."


class PaymentCannotMove(Refused):
    message = "A {method} payment that is {status} cannot become {to}."


class BagStaysOpen(Refused):
    message = "{shift_id} is a bag, not a drawer: hand its cash over instead of counting it."


class MoreThanOwed(Refused):
    message = "The customer owes {owed}; {wanted} is more than that."


class EmptyDrawer(Refused):
    message = "There is no cash in {shift_id} to hand over."


class AlreadyBooked(Refused):
    message = "The ledger has this entry already."


class CollectInParts(Refused):
    message = "One collection settles at most {most} receivables; collect up to {amount} first, then the rest."


@dataclass(frozen=True)
class Shift:
    """One cashier's period at one till. A courier without one carries a bag: see `bag_of`."""

    id: str
    till: str
    location: str
    cashier: str
    opening: Money
    status: ShiftStatus = ShiftStatus.OPEN
    cash_in: Money | None = None
    cash_out: Money | None = None
    counted: Money | None = None
    variance: Money | None = None
    reason: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 0
    journal_hash: str = ""

    @property
    def is_cash_bag(self) -> bool:
        return self.id.startswith("cod:")

    @property
    def expected(self) -> Money:
        none = zero(self.opening.currency)
        return self.opening + (self.cash_in or none) - (self.cash_out or none)


def build_cash_bag(staff_id: str, currency: str) -> Shift:
    """Where cash on delivery goes when its carrier has no shift: never counted, emptied by handing over."""
    return Shift(f"cod:{staff_id}", f"cod:{staff_id}", "", staff_id, zero(currency))


@dataclass(frozen=True)
class Payment:
    """One method's part of one order. `actor` took the money; `due_on` is a credit's."""

    id: str
    order_id: str
    method: str
    amount: Money
    status: PaymentStatus
    captured: Money
    refunded: Money
    till: str = ""
    shift: str = ""
    reference: str = ""
    customer_id: str = ""
    channel: str = ""
    actor: str = ""
    proof: str = ""
    due_on: date | None = None
    expires_at: datetime | None = None
    version: int = 1

    @property
    def outstanding(self) -> Money:
        """What this tender still has to bring."""
        return self.amount - self.captured

    def to_record(self, amount: Money) -> PaymentRecord:
        return PaymentRecord(self.id, self.method, amount.minor, self.status)


@dataclass(frozen=True)
class Receivable:
    """What a customer owes for one credit tender, or from before (`order_id` empty)."""

    id: str
    customer_id: str
    order_id: str
    payment_id: str
    amount: Money
    settled: Money
    due_on: date
    status: ReceivableStatus = ReceivableStatus.OPEN

    @property
    def left(self) -> Money:
        return self.amount - self.settled


@dataclass(frozen=True)
class ShiftOpened(Event):
    """A cashier opened a till with its float, taken out of the safe."""

    shift_id: str
    till: str
    location: str
    cashier: str
    opening_minor: int  # the float
    currency: str
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class ShiftCounted(Event):
    """The cash of a shift was counted; counting again before closing corrects the count."""

    shift_id: str
    till: str
    expected_minor: int
    counted_minor: int
    variance_minor: int
    currency: str


@dataclass(frozen=True)
class ShiftClosed(Event):
    """A counted shift was closed, and its cash went into the safe."""

    shift_id: str
    till: str
    expected_minor: int
    counted_minor: int
    variance_minor: int
    currency: str
    reason: str = ""  # of a variance
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class CashHandedOver(Event):
    """Cash went from one till into another, or into the safe."""

    handover_id: str
    from_shift: str
    from_till: str
    to_shift: str  # empty for the safe
    to_till: str  # empty for the safe
    amount_minor: int
    currency: str
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class SettledReceivable:
    """One debt that a collection paid, in part or in full."""

    receivable_id: str
    amount_minor: int
    order_id: str = ""  # absent for a debt from before this shop
    payment_id: str = ""  # the order's credit tender; absent for a debt from before this shop


@dataclass(frozen=True)
class CollectionReceived(Event):
    """A customer paid debts, in cash or by transfer."""

    collection_id: str
    customer_id: str
    method: str
    amount_minor: int
    currency: str
    till: str = ""  # absent for a transfer
    shift: str = ""  # absent for a transfer
    settled: tuple[SettledReceivable, ...] = ()  # oldest debt first
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class OpeningReceivableRecorded(Event):
    """A debt from before this shop was brought into its books."""

    receivable_id: str
    customer_id: str
    amount_minor: int
    currency: str
    due_on: str
    postings: tuple[Posting, ...] = ()
