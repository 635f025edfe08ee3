"""Tenders and what became of them, cash drawers, what customers owe, and the double entry behind all three.

A posting is `[account, minor]`; the postings of one event sum to zero. Accounts: `till:<till>`, `bank`, `safe`,
`receivable:<customer>`, `order:<order>`, `sales`, `variance`, `opening`, `refund_owed:<order>`. Positive is ours or
owed to us: an order owes its total until a tender, a receivable or its own cancelling takes that over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.customers.model import NoCreditTerms
from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money, total, zero

Posting = list[Any]  # [account, minor]: a list because it travels as JSON
MOST_TENDERS = 5
MOST_RECEIVABLES = 25  # settled by one collection, so that its transaction fits


@dataclass(frozen=True)
class Method:
    """`at_once` commits with the order; `holds` keeps the goods waiting; `before_dispatch` must be captured first."""

    code: str
    initial: str
    at_once: bool
    holds: bool
    before_dispatch: bool
    refund: str  # instant | window | manual


# Gateways (card, qris, virtual_account) join by a row here and a state table below; until then they are refused.
METHODS = {
    method.code: method
    for method in (
        Method("cash", "captured", at_once=True, holds=False, before_dispatch=True, refund="instant"),
        Method("cod", "due", at_once=True, holds=False, before_dispatch=False, refund="manual"),
        Method("transfer", "awaiting_proof", at_once=False, holds=True, before_dispatch=True, refund="manual"),
        Method("credit", "on_credit", at_once=True, holds=False, before_dispatch=False, refund="instant"),
    )
}

# Money may arrive after an order has ended: a transfer is then captured all the same, and owed back.
STATES: dict[str, dict[str, set[str]]] = {
    "cash": {"captured": set()},
    "cod": {"due": {"captured", "cancelled"}, "captured": set(), "cancelled": set()},
    "transfer": {
        "awaiting_proof": {"proof_submitted", "captured", "expired", "cancelled"},
        "proof_submitted": {"captured", "rejected", "expired", "cancelled"},
        "rejected": {"awaiting_proof", "proof_submitted", "captured", "expired", "cancelled"},
        "expired": {"captured"},
        "cancelled": {"captured"},
        "captured": set(),
    },
    "credit": {"on_credit": {"captured", "cancelled"}, "captured": set(), "cancelled": set()},
}
SHIFT_STATES = {"open": {"counted"}, "counted": {"closed"}, "closed": set()}
RECEIVABLE_STATES = {
    "open": {"partially_settled", "settled", "written_off"},
    "partially_settled": {"settled", "written_off"},
    "settled": set(),
    "written_off": set(),
}


class MethodUnavailable(Refused):
    says = "Payment by {method} is not possible here; choose one of {methods}."


class NoOpenShift(Refused):
    says = "Open a shift first: cash needs a drawer to go into."


class ShiftNotOpen(Refused):
    says = "Shift {shift_id} is {status}; no cash moves through it any more."


class ShiftNotCounted(Refused):
    says = "Shift {shift_id} is {status}; count its cash before closing it."


class ShiftAlreadyOpen(Refused):
    says = "You have an open shift already: {shift_id}. Close it before opening another."


class TillInUse(Refused):
    says = "Till {till} is open in shift {shift_id}."


class NotEnoughCash(Refused):
    says = "There is less in that drawer than {wanted}."


class PaymentCannotMove(Refused):
    says = "A {method} payment that is {status} cannot become {to}."


class BagStaysOpen(Refused):
    says = "{shift_id} is a bag, not a drawer: hand its cash over instead of counting it."


class MoreThanOwed(Refused):
    says = "The customer owes {owed}; {wanted} is more than that."


class EmptyDrawer(Refused):
    says = "There is no cash in {shift_id} to hand over."


class AlreadyBooked(Refused):
    says = "The ledger has this entry already."


class CollectInParts(Refused):
    says = "One collection settles at most {most} receivables; collect up to {amount} first, then the rest."


@dataclass(frozen=True)
class Shift:
    """One cashier's period at one till. A courier without one carries a bag: see `bag_of`."""

    id: str
    till: str
    location: str
    cashier: str
    opening: Money
    status: str = "open"
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
    def is_bag(self) -> bool:
        return self.id.startswith("cod:")

    @property
    def expected(self) -> Money:
        none = zero(self.opening.currency)
        return self.opening + (self.cash_in or none) - (self.cash_out or none)


def bag_of(staff_id: str, currency: str) -> Shift:
    """Where cash on delivery goes when its carrier has no shift: never counted, emptied by handing over."""
    return Shift(f"cod:{staff_id}", f"cod:{staff_id}", "", staff_id, zero(currency))


@dataclass(frozen=True)
class Payment:
    """One method's part of one order. `actor` took the money; `due_on` is a credit's."""

    id: str
    order_id: str
    method: str
    amount: Money
    status: str
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
    def open(self) -> Money:
        """What this tender still has to bring."""
        return self.amount - self.captured


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
    status: str = "open"

    @property
    def left(self) -> Money:
        return self.amount - self.settled


Tender = tuple[str, Money | None]


def begin(
    order_id: str,
    tenders: Sequence[Tender],
    whole: Money,
    *,
    payment_ids: Sequence[str],
    actor: str = "",
    channel: str = "",
    shift: Shift | None = None,
    customer_id: str = "",
    due_on: date | None = None,
    reference: str = "",
    expires_at: datetime | None = None,
) -> list[Payment]:
    """The order's payments, each in its method's first state; nothing to pay makes none.

    `due_on` is where credit terms would end: whoever has none may not buy on credit, which the caller has asked."""
    for method, _ in tenders:
        _check_method(method)
    parts = _parts(tenders, whole) if whole else []
    begun = []
    for payment_id, (method, amount) in zip(payment_ids, parts):
        payment = _first(payment_id, order_id, method, amount, customer_id)
        begun.append(replace(payment, actor=actor, channel=channel, **_particulars(method, shift, due_on)))
    if len(begun) != len(parts):
        raise ValueError(f"{len(parts)} payments need as many ids")
    return [
        replace(payment, reference=reference, expires_at=expires_at) if METHODS[payment.method].holds else payment
        for payment in begun
    ]


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise MethodUnavailable(method=method, methods=sorted(METHODS))


def _first(payment_id: str, order_id: str, method: str, amount: Money, customer_id: str) -> Payment:
    initial = METHODS[method].initial
    taken = amount if initial == "captured" else zero(amount.currency)
    return Payment(payment_id, order_id, method, amount, initial, taken, zero(amount.currency), customer_id=customer_id)


def _particulars(method: str, shift: Shift | None, due_on: date | None) -> dict[str, Any]:
    if method == "cash":
        if shift is None:
            raise NoOpenShift()
        return {"till": shift.till, "shift": shift.id}
    if method == "credit":
        if due_on is None:
            raise NoCreditTerms()
        return {"due_on": due_on}
    return {}


def _parts(tenders: Sequence[Tender], whole: Money) -> list[tuple[str, Money]]:
    """At most one tender may leave its amount open: it pays the rest."""
    problem = _wrong(tenders, whole)
    if problem:
        raise Invalid(("payments", problem))
    rest = whole - total((amount for _, amount in tenders if amount is not None), whole.currency)
    return [(method, amount if amount is not None else rest) for method, amount in tenders]


def _wrong(tenders: Sequence[Tender], whole: Money) -> str:
    stated = [amount for _, amount in tenders if amount is not None]
    if not 1 <= len(tenders) <= MOST_TENDERS:
        return f"send one to {MOST_TENDERS} of them"
    if any(amount.currency != whole.currency for amount in stated):
        return f"this order is paid in {whole.currency}"
    if any(amount.minor <= 0 for amount in stated):
        return "each amount is above zero"
    if len(tenders) - len(stated) > 1:
        return "only one of them may leave its amount out"
    given = sum(amount.minor for amount in stated)
    if given != whole.minor if len(stated) == len(tenders) else given >= whole.minor:
        return f"they come to {given} and the order to {whole.minor}"
    return ""


def moved(payment: Payment, to: str, **changes: Any) -> Payment:
    """The payment after one step of its table; capturing takes the whole amount."""
    if to not in STATES[payment.method][payment.status]:
        raise PaymentCannotMove(payment_id=payment.id, method=payment.method, status=payment.status, to=to)
    if to == "captured":
        changes = {"captured": payment.amount} | changes
    return replace(payment, status=to, version=payment.version + 1, **changes)


def captured(payment: Payment, *, actor: str, shift: Shift | None = None) -> Payment:
    """Money has come in: COD names the shift (or bag) it went into."""
    where = {"till": shift.till, "shift": shift.id} if shift else {}
    return moved(payment, "captured", actor=actor, **where)


def settled(payment: Payment, amount: Money) -> Payment:
    """A credit tender of which `amount` more has been collected."""
    paid = replace(payment, captured=payment.captured + amount)
    return moved(paid, "captured") if not paid.open else replace(paid, version=payment.version + 1)


def ended(payment: Payment, to: str = "cancelled") -> Payment:
    """What its order's end makes of it: what came in stays and is owed back, what did not will not."""
    if payment.status in ("captured", "cancelled", "expired"):
        return payment
    return moved(payment, to if to in STATES[payment.method] else "cancelled")


def payment_status(order_total: Money, payments: Iterable[Payment]) -> str:
    """Derived, never stored as a truth of its own."""
    listed = list(payments)
    taken = sum(payment.captured.minor for payment in listed) - too_much(order_total, listed)
    returned = sum(payment.refunded.minor for payment in listed)
    states = {payment.status for payment in listed}
    if returned:
        return "refunded" if returned >= taken else "partly_refunded"
    if taken >= order_total.minor:
        return "paid"
    if taken:
        return "partly_paid"
    return "on_credit" if "on_credit" in states else "pending" if "proof_submitted" in states else "unpaid"


def unpaid_before_dispatch(payments: Iterable[Payment]) -> list[Payment]:
    """The tenders that keep goods from leaving; a cancelled one has been replaced by another."""
    first = [each for each in payments if METHODS[each.method].before_dispatch and each.status != "cancelled"]
    return [payment for payment in first if payment.open]


def cash_to_collect(payments: Iterable[Payment], currency: str) -> Money:
    return total((payment.amount for payment in payments if payment.status == "due"), currency)


def cash_taken(payments: Iterable[Payment], currency: str) -> Money:
    """What a placement puts into the drawer now."""
    return total((payment.captured for payment in payments if payment.method == "cash"), currency)


def receivable_of(payment: Payment) -> Receivable:
    """One for each credit tender, under the same number, moving in step with it."""
    if payment.due_on is None:
        raise ValueError(f"{payment.id} is no credit")
    identifier = "rcv_" + payment.id.removeprefix("pay_")
    status = "settled" if not payment.open else "partially_settled" if payment.captured else "open"
    return Receivable(
        *(identifier, payment.customer_id, payment.order_id, payment.id),
        *(payment.amount, payment.captured, payment.due_on, status),
    )


def settle(receivables: Iterable[Receivable], amount: Money) -> list[tuple[Receivable, Money]]:
    """Oldest first: which receivables `amount` pays, and how much of each."""
    owing = sorted((each for each in receivables if each.left), key=lambda each: (each.due_on, each.id))
    owed = total((each.left for each in owing), amount.currency)
    if amount.minor > owed.minor:
        raise MoreThanOwed(owed=owed, wanted=amount)
    paid: list[tuple[Receivable, Money]] = []
    rest = amount
    for each in owing:
        if not rest:
            break
        part = min(each.left, rest)
        paid.append((each, part))
        rest = rest - part
    if len(paid) > MOST_RECEIVABLES:
        fits = total((part for _, part in paid[:MOST_RECEIVABLES]), amount.currency)
        raise CollectInParts(most=MOST_RECEIVABLES, amount=fits)
    return paid


def after_paying(receivable: Receivable, amount: Money) -> Receivable:
    paid = replace(receivable, settled=receivable.settled + amount)
    return replace(paid, status="partially_settled" if paid.left else "settled")


AGES = ("current", "1-30", "31-60", "61-90", "over_90")


def overdue_days(due_on: date, on: date) -> int:
    return max(0, (on - due_on).days)


def age(due_on: date, on: date) -> str:
    """On the due day itself nothing is overdue."""
    return AGES[min(4, (overdue_days(due_on, on) + 29) // 30)]


@dataclass(frozen=True)
class Ageing:
    owed: Money
    overdue: Money
    overdue_days: int  # of the oldest
    buckets: dict[str, Money] = field(default_factory=dict)


def ageing(receivables: Iterable[Receivable], on: date, currency: str) -> Ageing:
    buckets = dict.fromkeys(AGES, zero(currency))
    owing = [each for each in receivables if each.left]
    for each in owing:
        buckets[age(each.due_on, on)] += each.left
    owed = total(buckets.values(), currency)
    days = max((overdue_days(each.due_on, on) for each in owing), default=0)
    return Ageing(owed, owed - buckets["current"], days, buckets)


def due_date(placed_on: date, terms_days: int) -> date:
    return placed_on + timedelta(days=terms_days)


def posted_sale(order_id: str, whole: Money) -> list[Posting]:
    return [[f"order:{order_id}", whole.minor], ["sales", -whole.minor]]


def posted_capture(payment: Payment) -> list[Posting]:
    """Money in for a tender just captured; a credit instead moves the debt from the order to the customer."""
    amount = payment.amount if payment.method == "credit" else payment.captured
    return [[account(payment), amount.minor], [f"order:{payment.order_id}", -amount.minor]]


def posted_late(payment: Payment) -> list[Posting]:
    """Money that came for an order already ended: taken, and owed back at once."""
    return merged(posted_capture(payment) + posted_owed_back(payment))


def posted_placement(order_id: str, whole: Money, payments: Iterable[Payment]) -> list[Posting]:
    answered = (payment for payment in payments if payment.status in ("captured", "on_credit"))
    parts = (posting for payment in answered for posting in posted_capture(payment))
    return merged([*posted_sale(order_id, whole), *parts])


def posted_end(order_id: str, whole: Money, payments: Sequence[Payment]) -> list[Posting]:
    """Unsells an order: `payments` as they stood before its end. What it had taken becomes `refund_owed`."""
    owed = owed_at_end(whole, payments)
    postings: list[Posting] = [["sales", whole.minor], [f"order:{order_id}", owed - whole.minor]]
    postings.append([f"refund_owed:{order_id}", -owed])
    for payment in payments:
        if payment.status == "on_credit":
            postings += [[account(payment), -payment.open.minor], [f"order:{order_id}", payment.open.minor]]
    return merged(postings)


def owed_at_end(whole: Money, payments: Iterable[Payment]) -> int:
    """What came in, less what was too much: that was owed back as it came."""
    listed = list(payments)
    return sum(payment.captured.minor - payment.refunded.minor for payment in listed) - too_much(whole, listed)


def too_much(whole: Money, payments: Iterable[Payment]) -> int:
    """Came in beyond what the order asked and what its customer still owes by credit or at his door."""
    answered = [payment for payment in payments if payment.status in ("captured", "on_credit", "due")]
    come = sum(payment.captured.minor - payment.refunded.minor for payment in answered)
    return max(0, come + sum(payment.open.minor for payment in answered) - whole.minor)


def posted_owed_back(payment: Payment) -> list[Posting]:
    kept = payment.captured.minor - payment.refunded.minor
    return [[f"order:{payment.order_id}", kept], [f"refund_owed:{payment.order_id}", -kept]]


def account(payment: Payment) -> str:
    if payment.method == "credit":
        return f"receivable:{payment.customer_id}"
    return "bank" if payment.method == "transfer" else f"till:{payment.till}"


def merged(postings: Iterable[Posting]) -> list[Posting]:
    """Equal accounts summed, nothing-moved left out; raises where the entry would not balance."""
    sums: dict[str, int] = {}
    for name, minor in postings:
        sums[name] = sums.get(name, 0) + minor
    if sum(sums.values()):
        raise ValueError(f"postings do not balance: {sums}")
    return [[name, minor] for name, minor in sums.items() if minor]


@dataclass(frozen=True)
class ShiftOpened(Event):
    shift_id: str
    till: str
    location: str
    cashier: str
    opening_minor: int
    currency: str
    postings: list[Posting] = field(default_factory=list)


@dataclass(frozen=True)
class ShiftCounted(Event):
    shift_id: str
    till: str
    expected_minor: int
    counted_minor: int
    variance_minor: int
    currency: str


@dataclass(frozen=True)
class ShiftClosed(Event):
    shift_id: str
    till: str
    expected_minor: int
    counted_minor: int
    variance_minor: int
    currency: str
    reason: str = ""
    postings: list[Posting] = field(default_factory=list)


@dataclass(frozen=True)
class CashHandedOver(Event):
    """`to_shift` is empty when finance put it into the safe."""

    handover_id: str
    from_shift: str
    from_till: str
    to_shift: str
    to_till: str
    amount_minor: int
    currency: str
    postings: list[Posting] = field(default_factory=list)


@dataclass(frozen=True)
class CollectionReceived(Event):
    """`settled` lists [receivable, order, payment, minor], oldest first."""

    collection_id: str
    customer_id: str
    method: str
    amount_minor: int
    currency: str
    till: str = ""
    shift: str = ""
    settled: list[list[Any]] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)


@dataclass(frozen=True)
class OpeningReceivableKept(Event):
    receivable_id: str
    customer_id: str
    amount_minor: int
    currency: str
    due_on: str
    postings: list[Posting] = field(default_factory=list)
