"""Double-entry postings for each step of a payment. Pure.

The postings of one event sum to zero. Accounts: `till:<till>`, `bank`, `safe`, `receivable:<customer>`,
`order:<order>`, `sales`, `variance`, `opening`, `refund_owed:<order>`. A positive balance is held by or owed to the
shop: an order owes its total until captures, a receivable or its cancellation offset it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.kit.money import Money
from chalicelib.payments.lifecycle import CoveredPayment, overpaid_minor
from chalicelib.payments.model import Payment, PaymentStatus, Posting


def build_sale(order_id: str, order_total: Money) -> tuple[Posting, ...]:
    """Return the postings that charge the order total to the order's account."""
    return Posting(f"order:{order_id}", order_total.minor), Posting("sales", -order_total.minor)


def build_capture(payment: Payment) -> tuple[Posting, ...]:
    """Return the postings of a captured payment; credit moves its amount from the order to the customer."""
    amount = payment.amount if payment.method == "credit" else payment.captured
    return Posting(account_of_payment(payment), amount.minor), Posting(f"order:{payment.order_id}", -amount.minor)


def build_surplus_capture(payment: Payment, surplus: Money, covered: Sequence[CoveredPayment]) -> tuple[Posting, ...]:
    """Return the postings of a captured transfer of which `surplus` was not due.

    The surplus pays the payments in `covered`; the rest becomes a refund owed.
    """
    order = f"order:{payment.order_id}"
    postings = [*build_capture(payment)]
    for covered_payment, part in covered:
        if covered_payment.method == "credit":
            postings += [Posting(account_of_payment(covered_payment), -part.minor), Posting(order, part.minor)]
    owed = uncovered_minor(surplus, covered)
    return merge_postings([*postings, Posting(order, owed), Posting(f"refund_owed:{payment.order_id}", -owed)])


def uncovered_minor(surplus: Money, covered: Sequence[CoveredPayment]) -> int:
    """Return the minor units of the surplus that cover no other payment."""
    return surplus.minor - sum(part.minor for _, part in covered)


def build_reduction(order_id: str, amount: Money, reduced: Sequence[CoveredPayment]) -> tuple[Posting, ...]:
    """Return the postings of cancelled goods worth `amount`.

    `reduced` are the unpaid payments that became smaller; the rest was paid already and becomes a refund owed.
    """
    order, surplus = f"order:{order_id}", amount.minor - sum(part.minor for _, part in reduced)
    postings = [Posting("sales", amount.minor), Posting(order, surplus - amount.minor)]
    postings.append(Posting(f"refund_owed:{order_id}", -surplus))
    for payment, part in reduced:
        if payment.method == "credit":
            postings += [Posting(account_of_payment(payment), -part.minor), Posting(order, part.minor)]
    return merge_postings(postings)


def build_refund(order_id: str, amount: Money, till: str = "") -> tuple[Posting, ...]:
    """Return the postings of money returned to the customer, from the bank or from a till."""
    account = f"till:{till}" if till else "bank"
    return Posting(f"refund_owed:{order_id}", amount.minor), Posting(account, -amount.minor)


def build_placement(order_id: str, order_total: Money, payments: Iterable[Payment]) -> tuple[Posting, ...]:
    """Return the postings of a placed order: the sale, and its captured and credit payments."""
    booked = (payment for payment in payments if payment.status in (PaymentStatus.CAPTURED, PaymentStatus.ON_CREDIT))
    captures = (posting for payment in booked for posting in build_capture(payment))
    return merge_postings([*build_sale(order_id, order_total), *captures])


def build_order_end(
    order_id: str, order_total: Money, payments: Sequence[Payment], refund_owed: int
) -> tuple[Posting, ...]:
    """Return the postings that reverse the sale of an order that ended.

    `payments` are those before the end. The minor units `refund_owed` are owed back; outstanding credit is cancelled.
    """
    order = f"order:{order_id}"
    postings = [Posting("sales", order_total.minor), Posting(order, refund_owed - order_total.minor)]
    postings.append(Posting(f"refund_owed:{order_id}", -refund_owed))
    for payment in payments:
        if payment.status == PaymentStatus.ON_CREDIT:
            postings += [
                Posting(account_of_payment(payment), -payment.outstanding.minor),
                Posting(order, payment.outstanding.minor),
            ]
    return merge_postings(postings)


def refund_owed_minor(order_total: Money, payments: Iterable[Payment], captured: Payment | None = None) -> int:
    """Return the minor units to refund when the order ends. `captured` is a payment captured by the same commit.

    What was overpaid before is left out: it became a refund owed when it was captured.
    """
    earlier = [payment for payment in payments if payment != captured]
    net_captured = sum(payment.captured.minor - payment.refunded.minor for payment in earlier)
    captured_now = captured.captured.minor if captured else 0
    return net_captured + captured_now - overpaid_minor(order_total, earlier)


def account_of_payment(payment: Payment) -> str:
    """Return the account that a payment of this method debits."""
    if payment.method == "credit":
        return f"receivable:{payment.customer_id}"
    return "bank" if payment.method == "transfer" else f"till:{payment.till}"


def merge_postings(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Return one posting per account without zero sums. Raises ValueError if the postings do not balance."""
    sums: dict[str, int] = {}
    for posting in postings:
        sums[posting.account] = sums.get(posting.account, 0) + posting.minor
    if sum(sums.values()):
        raise ValueError(f"postings do not balance: {sums}")
    return tuple(Posting(account, minor) for account, minor in sums.items() if minor)
