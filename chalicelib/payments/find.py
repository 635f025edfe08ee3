"""Reads: a payment, a drawer, who owes what. What others may not know is `NotFound` to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from chalicelib.customers import find as customers_find
from chalicelib.customers.model import Credit, Customer
from chalicelib.kit import clock, config, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.payments import shift_store, store
from chalicelib.payments.model import Payment, Receivable, Shift
from chalicelib.payments.receivables import AGE_BUCKETS, Ageing, age_bucket, build_ageing, overdue_days
from chalicelib.payments.transfer_instructions import build_next_action

ALL_SHIFTS_ROLES = frozenset({"owner", "finance"})
ReceivablesPage = tuple[list[Receivable], dict[str, Any] | None]


def load_payment(payment_id: str) -> Payment:
    found = store.find_payment(payment_id)
    if found is None:
        raise NotFound()
    return found


def load_shift(principal: Principal, shift_id: str) -> Shift:
    """`mine` is the caller's open one. Somebody else's drawer is no cashier's business."""
    if shift_id == "mine":
        pointer = shift_store.find_unclosed_shift(principal.id)
        shift_id = pointer.id if pointer else ""
    found = shift_store.find_shift(shift_id) if shift_id else None
    if found is None or not (found.cashier == principal.id or principal.role in ALL_SHIFTS_ROLES):
        raise NotFound()
    return found


def list_receivables_of_customer(customer_id: str) -> list[Receivable]:
    """Everything the customer owes, also under the names merged into his; oldest due first."""
    found = [each for name in customers_find.merged_ids(customer_id) for each in store.list_open_receivables(name)]
    return sorted(found, key=lambda each: (each.due_on, each.id))


def list_receivables(customer_id: str, limit: int, after: dict[str, Any] | None) -> ReceivablesPage:
    """One customer's, or a page of everybody's, longest due first."""
    if customer_id:
        return list_receivables_of_customer(customer_id), None
    page = db.query(store.ReceivableRow, "receivables", index="by_list", limit=limit, after=after)
    return [store.row_to_receivable(row) for row in page.items if row.list], page.after


def load_customer_account(customer_id: str, on: date) -> tuple[Customer, Credit | None, list[Receivable], Ageing]:
    """The customer, his credit, what he owes and how old that is."""
    customer, credit = customers_find.load_customer_and_credit(customer_id)
    owing = list_receivables_of_customer(customer_id)
    currency = credit.limit.currency if credit else owing[0].amount.currency if owing else config.currency()
    return customer, credit, owing, build_ageing(owing, on, currency)


def today() -> date:
    """Debts fall due by the shop's own calendar."""
    return clock.day_of(clock.now(), config.zone())


def load_customer_card(customer_id: str) -> dict[str, Any]:
    """One phone screen: who he is, what he owes since when, what credit is left."""
    on = today()
    customer, credit, owing, old = load_customer_account(customer_id, on)
    none = Money(0, old.owed.currency)
    return customer.to_json() | {
        "credit_limit": (credit.limit if credit else none).to_json(),
        "credit_left": (credit.left if credit else none).to_json(),
        "owed": old.owed.to_json(),
        "overdue": old.overdue.to_json(),
        "overdue_days": old.overdue_days,
        "ageing": {name: old.buckets[name].to_json() for name in AGE_BUCKETS},
        "receivables": [receivable_to_json(each, on) for each in owing[:100]],
    }


def payment_to_json(payment: Payment) -> dict[str, Any]:
    """One tender as the doors show it; `action` is what its payer has to do next."""
    said: dict[str, Any] = {"id": payment.id, "method": payment.method, "status": payment.status}
    said |= {"amount": payment.amount.to_json(), "captured": payment.captured.to_json()}
    named = ("till", "shift", "reference", "actor")
    said |= {name: getattr(payment, name) for name in named if getattr(payment, name)}
    if payment.due_on:
        said["due_on"] = payment.due_on.isoformat()
    return said | {"action": build_next_action(payment)}


def shift_to_json(shift: Shift) -> dict[str, Any]:
    none = Money(0, shift.opening.currency)
    return {
        "id": shift.id,
        "till": shift.till,
        "location": shift.location or None,
        "cashier": shift.cashier,
        "status": shift.status,
        "opening": shift.opening.to_json(),
        "cash_in": (shift.cash_in or none).to_json(),
        "cash_out": (shift.cash_out or none).to_json(),
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
    return [receivable_to_json(each, on) for each in receivables]
