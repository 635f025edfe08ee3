"""What customers owe: how a debt begins, when it falls due, how old it is, and which debts a payment settles. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from chalicelib.kit.money import Money, total, zero
from chalicelib.payments.model import CollectInParts, MoreThanOwed, Payment, Receivable, ReceivableStatus

MAX_RECEIVABLES_PER_COLLECTION = 25  # settled by one collection, so that its transaction fits


def payment_to_receivable(payment: Payment) -> Receivable:
    """One for each credit tender, under the same number, moving in step with it."""
    if payment.due_on is None:
        raise ValueError(f"{payment.id} is no credit")
    identifier = "rcv_" + payment.id.removeprefix("pay_")
    status = (
        ReceivableStatus.SETTLED
        if not payment.outstanding
        else ReceivableStatus.PARTIALLY_SETTLED
        if payment.captured
        else ReceivableStatus.OPEN
    )
    return Receivable(
        *(identifier, payment.customer_id, payment.order_id, payment.id),
        *(payment.amount, payment.captured, payment.due_on, status),
    )


def settle_oldest_first(receivables: Iterable[Receivable], amount: Money) -> list[tuple[Receivable, Money]]:
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
    if len(paid) > MAX_RECEIVABLES_PER_COLLECTION:
        fits = total((part for _, part in paid[:MAX_RECEIVABLES_PER_COLLECTION]), amount.currency)
        raise CollectInParts(most=MAX_RECEIVABLES_PER_COLLECTION, amount=fits)
    return paid


def apply_settlement(receivable: Receivable, amount: Money) -> Receivable:
    paid = replace(receivable, settled=receivable.settled + amount)
    return replace(paid, status=ReceivableStatus.PARTIALLY_SETTLED if paid.left else ReceivableStatus.SETTLED)


AGE_BUCKETS = ("current", "1-30", "31-60", "61-90", "over_90")


def overdue_days(due_on: date, on: date) -> int:
    return max(0, (on - due_on).days)


def age_bucket(due_on: date, on: date) -> str:
    """On the due day itself nothing is overdue."""
    return AGE_BUCKETS[min(4, (overdue_days(due_on, on) + 29) // 30)]


@dataclass(frozen=True)
class Ageing:
    owed: Money
    overdue: Money
    overdue_days: int  # of the oldest
    buckets: dict[str, Money] = field(default_factory=dict)


def build_ageing(receivables: Iterable[Receivable], on: date, currency: str) -> Ageing:
    buckets = dict.fromkeys(AGE_BUCKETS, zero(currency))
    owing = [each for each in receivables if each.left]
    for each in owing:
        buckets[age_bucket(each.due_on, on)] += each.left
    owed = total(buckets.values(), currency)
    days = max((overdue_days(each.due_on, on) for each in owing), default=0)
    return Ageing(owed, owed - buckets["current"], days, buckets)


def due_date(placed_on: date, terms_days: int) -> date:
    return placed_on + timedelta(days=terms_days)
