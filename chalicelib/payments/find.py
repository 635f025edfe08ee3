"""Reads of payments, shifts and receivables. What the caller may not see raises NotFound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chalicelib.customers import find as customers_find
from chalicelib.customers.model import Credit
from chalicelib.kit import clock, config, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import zero
from chalicelib.payments import shift_store, store
from chalicelib.payments.model import Payment, Receivable, Shift
from chalicelib.payments.receivables import AGE_BUCKETS, age_bucket, build_ageing, overdue_days
from chalicelib.payments.transfer_instructions import build_next_action
from chalicelib.places import find as places_find

MAX_ON_CARD = 100  # receivables
ALL_SHIFTS_ROLES = frozenset({"owner", "finance"})
ReceivablesPage = tuple[list[Receivable], dict[str, Any] | None]


def load_payment(payment_id: str) -> Payment:
    payment = store.find_payment(payment_id)
    if payment is None:
        raise NotFound()
    return payment


def load_shift(principal: Principal, shift_id: str) -> Shift:
    """Return a shift; the id `mine` stands for the caller's unclosed one.

    Raises NotFound for another person's shift unless the caller is owner or finance.
    """
    if shift_id == "mine":
        unclosed = shift_store.find_unclosed_shift(principal.id)
        shift_id = unclosed.id if unclosed else ""
    shift = shift_store.find_shift(shift_id) if shift_id else None
    if shift is None or not (shift.cashier == principal.id or principal.role in ALL_SHIFTS_ROLES):
        raise NotFound()
    return shift


def list_receivables_of_customer(customer_id: str) -> list[Receivable]:
    """Return the open receivables of the customer and of customers merged into it, oldest due date first."""
    receivables = [
        receivable
        for merged_id in customers_find.merged_ids(customer_id)
        for receivable in store.list_open_receivables(merged_id)
    ]
    return sorted(receivables, key=lambda receivable: (receivable.due_on, receivable.id))


def list_receivables(
    principal: Principal, customer_id: str, limit: int, after: dict[str, Any] | None
) -> ReceivablesPage:
    """Return one customer's open receivables, or a page of all that the caller reaches with its cursor if
    `customer_id` is empty; an empty page has no next one.

    The oldest due date comes first. Raises NotFound for a customer out of reach.
    """
    if customer_id:
        customers_find.require_reach(principal, customer_id)
        return list_receivables_of_customer(customer_id), None
    while True:
        page = db.query(store.ReceivableRow, "receivables", index="by_list", limit=limit, after=after)
        receivables = [store.row_to_receivable(row) for row in page.items if row.list]
        reached = customers_find.find_reached(principal, {item.customer_id for item in receivables})
        receivables = [item for item in receivables if item.customer_id in reached]
        if receivables or page.after is None:
            return receivables, page.after
        after = page.after


def today() -> date:
    """Return today's date in the shop's time zone, by which receivables fall due."""
    return clock.day_of(clock.now(), config.zone())


def load_customer_card(customer_id: str) -> dict[str, Any]:
    """Return the customer card as JSON: contact details, credit, ageing and the oldest open receivables.

    `receivable_count` is the number of all that are open; `GET /receivables?customer=` lists them.
    """
    on = today()
    customer, credit = customers_find.load_customer_and_joint_credit(customer_id)
    receivables = list_receivables_of_customer(customer_id)
    currency = _currency_of_account(credit, receivables)
    ageing, no_credit = build_ageing(receivables, on, currency), zero(currency)
    return customer.to_json() | {
        "credit_limit": (credit.limit if credit else no_credit).to_json(),
        "credit_left": (credit.left if credit else no_credit).to_json(),
        "owed": ageing.owed.to_json(),
        "overdue": ageing.overdue.to_json(),
        "overdue_days": ageing.overdue_days,
        "ageing": {name: ageing.buckets[name].to_json() for name in AGE_BUCKETS},
        "receivables": receivables_to_json(receivables[:MAX_ON_CARD], on),
        "receivable_count": len(receivables),
    }


def _currency_of_account(credit: Credit | None, receivables: Sequence[Receivable]) -> str:
    if credit is not None:
        return credit.limit.currency
    return receivables[0].amount.currency if receivables else config.currency()


def payment_to_json(payment: Payment) -> dict[str, Any]:
    """Return a payment as JSON; `action` is the payer's next step, or None. Empty fields are left out."""
    body: dict[str, Any] = {"id": payment.id, "method": payment.method, "status": payment.status}
    body |= {"amount": payment.amount.to_json(), "captured": payment.captured.to_json()}
    optional = ("till", "shift", "reference", "actor")
    body |= {name: getattr(payment, name) for name in optional if getattr(payment, name)}
    if payment.proof_number:
        body["proof_number"] = payment.proof_number
    if payment.due_on:
        body["due_on"] = payment.due_on.isoformat()
    return body | {"action": build_next_action(payment)}


def list_cash_bags() -> list[dict[str, Any]]:
    """Return the bags of cash on delivery that wait to be handed over, as JSON with the name of who has the cash."""
    staff = places_find.load_staff()
    bags = shift_store.list_cash_bags(staff)
    return [shift_to_json(bag) | {"name": staff[bag.cashier].name} for bag in bags]


def shift_to_json(shift: Shift) -> dict[str, Any]:
    no_cash = zero(shift.opening.currency)
    return {
        "id": shift.id,
        "till": shift.till,
        "location": shift.location or None,
        "cashier": shift.cashier,
        "status": shift.status,
        "opening": shift.opening.to_json(),
        "cash_in": (shift.cash_in or no_cash).to_json(),
        "cash_out": (shift.cash_out or no_cash).to_json(),
        "expected": shift.expected.to_json(),
        "counted": shift.counted.to_json() if shift.counted else None,
        "variance": (shift.counted - shift.expected).to_json() if shift.counted else None,
        "reason": shift.reason or None,
        "opened_at": clock.iso(shift.opened_at) if shift.opened_at else None,
        "closed_at": clock.iso(shift.closed_at) if shift.closed_at else None,
    }


def receivable_to_json(receivable: Receivable, on: date) -> dict[str, Any]:
    return {
        "id": receivable.id,
        "customer_id": receivable.customer_id,
        "order_id": receivable.order_id or None,
        "status": receivable.status,
        "amount": receivable.amount.to_json(),
        "settled": receivable.settled.to_json(),
        "left": receivable.left.to_json(),
        "due_on": receivable.due_on.isoformat(),
        "overdue_days": overdue_days(receivable.due_on, on),
        "age": age_bucket(receivable.due_on, on),
    }


def receivables_to_json(receivables: Iterable[Receivable], on: date) -> list[dict[str, Any]]:
    return [receivable_to_json(receivable, on) for receivable in receivables]
