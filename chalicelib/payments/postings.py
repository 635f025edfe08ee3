"""The double entry behind tenders: which account each step takes from, and which it gives to. Pure.

The postings of one event sum to zero. Accounts: `till:<till>`, `bank`, `safe`,
`receivable:<customer>`, `order:<order>`, `sales`, `variance`, `opening`, `refund_owed:<order>`. Positive is ours or
owed to us: an order owes its total until a tender, a receivable or its own cancelling takes that over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.kit.money import Money
from chalicelib.payments.lifecycle import CoveredPayment, overpaid_minor
from chalicelib.payments.model import Payment, PaymentStatus, Posting


def build_sale(order_id: str, whole: Money) -> tuple[Posting, ...]:
    return Posting(f"order:{order_id}", whole.minor), Posting("sales", -whole.minor)


def build_capture(payment: Payment) -> tuple[Posting, ...]:
    """Money in for a tender just captured; a credit instead moves the debt from the order to the customer."""
    amount = payment.amount if payment.method == "credit" else payment.captured
    return Posting(account_of_payment(payment), amount.minor), Posting(f"order:{payment.order_id}", -amount.minor)


def build_late_capture(payment: Payment, covered: Sequence[CoveredPayment]) -> tuple[Posting, ...]:
    """Money that nobody expected any more: it pays what its customer still owes for the order, and what is left of it
    is owed back at once."""
    order = f"order:{payment.order_id}"
    postings = [*build_capture(payment)]
    for each, part in covered:
        if each.method == "credit":
            postings += [Posting(account_of_payment(each), -part.minor), Posting(order, part.minor)]
    over = late_surplus_minor(payment, covered)
    return merge_postings([*postings, Posting(order, over), Posting(f"refund_owed:{payment.order_id}", -over)])


def late_surplus_minor(payment: Payment, covered: Sequence[CoveredPayment]) -> int:
    return payment.captured.minor - sum(part.minor for _, part in covered)


def build_placement(order_id: str, whole: Money, payments: Iterable[Payment]) -> tuple[Posting, ...]:
    answered = (payment for payment in payments if payment.status in (PaymentStatus.CAPTURED, PaymentStatus.ON_CREDIT))
    parts = (posting for payment in answered for posting in build_capture(payment))
    return merge_postings([*build_sale(order_id, whole), *parts])


def build_order_end(order_id: str, whole: Money, payments: Sequence[Payment]) -> tuple[Posting, ...]:
    """Unsells an order: `payments` as they stood before its end. What it had taken becomes `refund_owed`."""
    owed = refund_owed_minor(whole, payments)
    order = f"order:{order_id}"
    postings = [Posting("sales", whole.minor), Posting(order, owed - whole.minor)]
    postings.append(Posting(f"refund_owed:{order_id}", -owed))
    for payment in payments:
        if payment.status == PaymentStatus.ON_CREDIT:
            postings += [
                Posting(account_of_payment(payment), -payment.outstanding.minor),
                Posting(order, payment.outstanding.minor),
            ]
    return merge_postings(postings)


def refund_owed_minor(whole: Money, payments: Iterable[Payment]) -> int:
    """What came in, less what was too much: that was owed back as it came."""
    listed = list(payments)
    return sum(payment.captured.minor - payment.refunded.minor for payment in listed) - overpaid_minor(whole, listed)


def account_of_payment(payment: Payment) -> str:
    if payment.method == "credit":
        return f"receivable:{payment.customer_id}"
    return "bank" if payment.method == "transfer" else f"till:{payment.till}"


def merge_postings(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Equal accounts summed, nothing-moved left out; raises where the entry would not balance."""
    sums: dict[str, int] = {}
    for posting in postings:
        sums[posting.account] = sums.get(posting.account, 0) + posting.minor
    if sum(sums.values()):
        raise ValueError(f"postings do not balance: {sums}")
    return tuple(Posting(account, minor) for account, minor in sums.items() if minor)
