"""Rules for receivables: creation from credit payments, due dates, ageing and settlement. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from chalicelib.kit.money import Money, total, zero
from chalicelib.payments.model import CollectInParts, MoreThanOwed, Payment, Receivable, ReceivableStatus

MAX_RECEIVABLES_PER_COLLECTION = 25  # keeps a collection within the 100 writes of one DynamoDB transaction


def payment_to_receivable(payment: Payment) -> Receivable:
    """Return the receivable of a credit payment, with the same id suffix, captured amount and matching status."""
    if payment.due_on is None:
        raise ValueError(f"{payment.id} is not a credit payment")
    return Receivable(
        id="rcv_" + payment.id.removeprefix("pay_"),
        customer_id=payment.customer_id,
        order_id=payment.order_id,
        payment_id=payment.id,
        amount=payment.amount,
        settled=payment.captured,
        due_on=payment.due_on,
        status=_status_of_credit_payment(payment),
    )


def _status_of_credit_payment(payment: Payment) -> ReceivableStatus:
    if not payment.outstanding:
        return ReceivableStatus.SETTLED
    return ReceivableStatus.PARTIALLY_SETTLED if payment.captured else ReceivableStatus.OPEN


def settle_oldest_first(receivables: Iterable[Receivable], amount: Money) -> list[tuple[Receivable, Money]]:
    """Return the receivables that `amount` pays and the part of each, oldest due date first.

    Raises MoreThanOwed, or CollectInParts if one transaction cannot settle that many.
    """
    unsettled = sorted(
        (receivable for receivable in receivables if receivable.left),
        key=lambda receivable: (receivable.due_on, receivable.id),
    )
    owed = total((receivable.left for receivable in unsettled), amount.currency)
    if amount.minor > owed.minor:
        raise MoreThanOwed(owed=owed, wanted=amount)
    settlements: list[tuple[Receivable, Money]] = []
    rest = amount
    for receivable in unsettled:
        if not rest:
            break
        part = min(receivable.left, rest)
        settlements.append((receivable, part))
        rest = rest - part
    if len(settlements) > MAX_RECEIVABLES_PER_COLLECTION:
        largest = total((part for _, part in settlements[:MAX_RECEIVABLES_PER_COLLECTION]), amount.currency)
        raise CollectInParts(most=MAX_RECEIVABLES_PER_COLLECTION, amount=largest)
    return settlements


def apply_settlement(receivable: Receivable, amount: Money) -> Receivable:
    """Return the receivable with `amount` more settled and the resulting status."""
    settled = replace(receivable, settled=receivable.settled + amount)
    return replace(settled, status=ReceivableStatus.PARTIALLY_SETTLED if settled.left else ReceivableStatus.SETTLED)


AGE_BUCKETS = ("current", "1-30", "31-60", "61-90", "over_90")  # days overdue


def overdue_days(due_on: date, on: date) -> int:
    return max(0, (on - due_on).days)


def age_bucket(due_on: date, on: date) -> str:
    """Return the name of the ageing bucket. On the due date itself a receivable is still current."""
    return AGE_BUCKETS[min(len(AGE_BUCKETS) - 1, (overdue_days(due_on, on) + 29) // 30)]


@dataclass(frozen=True)
class Ageing:
    """Sums of open receivables: all, overdue, and by bucket of AGE_BUCKETS."""

    owed: Money
    overdue: Money
    overdue_days: int  # of the oldest receivable
    buckets: dict[str, Money] = field(default_factory=dict)


def build_ageing(receivables: Iterable[Receivable], on: date, currency: str) -> Ageing:
    buckets = dict.fromkeys(AGE_BUCKETS, zero(currency))
    unsettled = [receivable for receivable in receivables if receivable.left]
    for receivable in unsettled:
        buckets[age_bucket(receivable.due_on, on)] += receivable.left
    owed = total(buckets.values(), currency)
    days = max((overdue_days(receivable.due_on, on) for receivable in unsettled), default=0)
    return Ageing(owed, owed - buckets["current"], days, buckets)


def due_date(placed_on: date, terms_days: int) -> date:
    return placed_on + timedelta(days=terms_days)
