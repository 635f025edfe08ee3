"""Payments, shifts and receivables: values, transition tables, refusals and events. Pure.

The rules are in pure modules of their own: `lifecycle` for payments, `receivables` for debts, `postings` for double
entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.kit.errors import Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money, zero


class PaymentStatus(StrEnum):
    """Status of one payment. PAYMENT_STATES lists the statuses each method uses."""

    DUE = "due"
    ON_CREDIT = "on_credit"
    AWAITING_PROOF = "awaiting_proof"
    PROOF_SUBMITTED = "proof_submitted"
    REJECTED = "rejected"
    CAPTURED = "captured"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class OrderPaymentStatus(StrEnum):
    """Payment status of an order, derived from its payments by `lifecycle.derive_payment_status`."""

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
    """One line of a double entry; the postings of one event sum to zero."""

    account: str  # till:…, bank, safe, receivable:…, order:…, sales, variance, opening or refund_owed:…
    minor: int  # minor units of the event's currency; positive is money held by or owed to the shop


@dataclass(frozen=True)
class PaymentRecord:
    """A payment as events publish it."""

    payment_id: str
    method: str
    amount_minor: int
    status: PaymentStatus


@dataclass(frozen=True)
class PaymentMethod:
    """How payments of one method behave.

    `immediate` lets the order be placed without waiting for money. `holds_stock` reserves units with a time limit
    until the money arrives. `captured_before_dispatch` blocks dispatch until the payment is captured.
    """

    code: str
    initial: PaymentStatus
    immediate: bool
    holds_stock: bool
    captured_before_dispatch: bool
    refund: str  # instant | window | manual


# A gateway (card, qris, virtual_account) needs a row here and a state table below; unlisted methods are refused.
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

CASH_HANDLER_ROLES = {"cashier", "courier", "salesman", "owner"}  # roles that open shifts

MAX_PROOFS = 5  # of one payment before staff decide, because each notifies them
MAX_PAYMENTS_PER_ORDER = 4  # at placement; payments that replace others may come later

# A transfer may arrive after its order has ended: it is still captured, and a refund is owed.
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
    message = "Open a shift first: cash can be taken only into an open shift."


class MayNotTakeCash(Refused):
    message = "Your role takes no cash; choose another method, or let a cashier, courier or salesman receive it."


def build_cash_refusal(role: str) -> Refused:
    """Return why a member of staff without an open shift takes no cash: NoOpenShift for roles that may open one."""
    return NoOpenShift() if role in CASH_HANDLER_ROLES else MayNotTakeCash()


class ShiftNotOpen(Refused):
    message = "Shift {shift_id} is {shift_status} and no longer takes or gives cash; use an open shift."


class ShiftNotCounted(Refused):
    message = "Shift {shift_id} is {shift_status}; count its cash before closing it."


class ShiftAlreadyOpen(Refused):
    message = "You already have an open shift: {shift_id}. Close it before opening another."


class TillInUse(Refused):
    message = "Till {till} is in use by shift {shift_id}; choose another till or close that shift."


class NotEnoughCash(Refused):
    message = "The shift holds less cash than {wanted}."


class PaymentCannotMove(Refused):
    message = "A {method} payment that is {payment_status} cannot become {to}."


class TooManyProofs(Refused):
    message = "{most} proofs were sent already; wait until one is checked."


class ReceivedTooLittle(Refused):
    message = "{due} is due and {received} arrived; wait for the rest, or reject the proof with the reason."


class ProofReplaced(Refused):
    message = "Proof {number} was sent since; look at it first."


class OwnCash(Refused):
    message = "{shift_id} is your own cash; another person receives it from you."


class BagStaysOpen(Refused):
    message = "{shift_id} is a cash bag; hand its cash over instead of counting it."


class MoreThanOwed(Refused):
    message = "The customer owes {owed}; collect at most that instead of {wanted}."


class EmptyDrawer(Refused):
    message = "Shift {shift_id} holds no cash to hand over."


class AlreadyBooked(Refused):
    is_internal = True
    message = "This entry is already in the ledger."


class CollectInParts(Refused):
    message = "One collection settles at most {most} receivables; collect up to {amount} first, then the rest."


@dataclass(frozen=True)
class Shift:
    """One cashier's open-to-close period at one till, or a courier's cash bag (see `build_cash_bag`)."""

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
        """Cash that should be in the till: the float plus cash in minus cash out."""
        no_cash = zero(self.opening.currency)
        return self.opening + (self.cash_in or no_cash) - (self.cash_out or no_cash)


def build_cash_bag(staff_id: str, currency: str) -> Shift:
    """Return the empty cash bag of a courier without a shift. A bag is never counted; handing over empties it."""
    return Shift(f"cod:{staff_id}", f"cod:{staff_id}", "", staff_id, zero(currency))


@dataclass(frozen=True)
class Payment:
    """The part of an order paid by one method. `actor` is who took the money; only credit has `due_on`."""

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
    proof: str = ""  # the reference that the customer typed
    proof_file: str = ""  # key of the stored picture
    proofs_sent: int = 0  # since staff last decided on one
    earlier_proofs: tuple[tuple[str, str], ...] = ()  # (reference, key of the picture) of replaced ones, oldest first
    due_on: date | None = None
    expires_at: datetime | None = None
    version: int = 1

    @property
    def outstanding(self) -> Money:
        """The amount not captured yet."""
        return self.amount - self.captured

    @property
    def proofs(self) -> tuple[tuple[str, str], ...]:
        """The (reference, key of the picture) of every proof that was sent, oldest first."""
        latest = (self.proof, self.proof_file)
        return (*self.earlier_proofs, latest) if any(latest) else self.earlier_proofs

    @property
    def proof_number(self) -> int:
        """The number of the latest proof, 1 for the first; 0 before any was sent."""
        return len(self.proofs)

    def to_record(self, amount: Money) -> PaymentRecord:
        return PaymentRecord(self.id, self.method, amount.minor, self.status)


@dataclass(frozen=True)
class Receivable:
    """A customer's debt for one credit payment, or an opening balance (`order_id` is empty)."""

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
        """The amount still owed."""
        return self.amount - self.settled


@dataclass(frozen=True)
class ShiftOpened(Event):
    """A cashier opened a till with a float taken from the safe."""

    shift_id: str
    till: str
    location: str
    cashier: str
    opening_minor: int  # the float
    currency: str
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class ShiftCounted(Event):
    """The cash of a shift was counted; a later count before closing replaces it."""

    shift_id: str
    till: str
    expected_minor: int
    counted_minor: int
    variance_minor: int
    currency: str


@dataclass(frozen=True)
class ShiftClosed(Event):
    """A counted shift was closed and its cash went into the safe."""

    shift_id: str
    till: str
    expected_minor: int
    counted_minor: int
    variance_minor: int
    currency: str
    reason: str = ""  # for the variance
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class CashHandedOver(Event):
    """Cash moved from one till to another or to the safe."""

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
    """A receivable that a collection paid in part or in full."""

    receivable_id: str
    amount_minor: int
    order_id: str = ""  # absent for an opening receivable
    payment_id: str = ""  # the order's credit payment; absent for an opening receivable


@dataclass(frozen=True)
class CollectionReceived(Event):
    """A customer paid receivables in cash or by transfer."""

    collection_id: str
    customer_id: str
    method: str
    amount_minor: int
    currency: str
    till: str = ""  # absent for a transfer
    shift: str = ""  # absent for a transfer
    settled: tuple[SettledReceivable, ...] = ()  # oldest due date first
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class OpeningReceivableRecorded(Event):
    """A debt from an earlier system was entered into the ledger."""

    receivable_id: str
    customer_id: str
    amount_minor: int
    currency: str
    due_on: str
    postings: tuple[Posting, ...] = ()
