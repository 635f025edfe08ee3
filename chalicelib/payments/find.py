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
from chalicelib.payments.instruct import action
from chalicelib.payments.model import Payment, Receivable, Shift
from chalicelib.payments.owe import AGES, Ageing, age, ageing, overdue_days

SEES_EVERY_SHIFT = frozenset({"owner", "finance"})
Listed = tuple[list[Receivable], dict[str, Any] | None]


def payment(payment_id: str) -> Payment:
    found = store.load_payment(payment_id)
    if found is None:
        raise NotFound()
    return found


def shift(principal: Principal, shift_id: str) -> Shift:
    """`mine` is the caller's open one. Somebody else's drawer is no cashier's business."""
    if shift_id == "mine":
        pointer = shift_store.shift_in_hand(principal.id)
        shift_id = pointer.id if pointer else ""
    found = shift_store.load_shift(shift_id) if shift_id else None
    if found is None or not (found.cashier == principal.id or principal.role in SEES_EVERY_SHIFT):
        raise NotFound()
    return found


def receivables_of(customer_id: str) -> list[Receivable]:
    """Everything the customer owes, also under the names merged into his; oldest due first."""
    found = [each for name in customers_find.family(customer_id) for each in store.receivables_of(name)]
    return sorted(found, key=lambda each: (each.due_on, each.id))


def receivables(customer_id: str, limit: int, after: dict[str, Any] | None) -> Listed:
    """One customer's, or a page of everybody's, longest due first."""
    if customer_id:
        return receivables_of(customer_id), None
    page = db.query(store.ReceivableRow, "receivables", index="by_list", limit=limit, after=after)
    return [store.as_receivable(row) for row in page.items if row.list], page.after


def owed_by(customer_id: str, on: date) -> tuple[Customer, Credit | None, list[Receivable], Ageing]:
    """The customer, his credit, what he owes and how old that is."""
    customer, credit = customers_find.card(customer_id)
    owing = receivables_of(customer_id)
    currency = credit.limit.currency if credit else owing[0].amount.currency if owing else config.currency()
    return customer, credit, owing, ageing(owing, on, currency)


def today() -> date:
    """Debts fall due by the shop's own calendar."""
    return clock.day_of(clock.now(), config.zone())


def card(customer_id: str) -> dict[str, Any]:
    """One phone screen: who he is, what he owes since when, what credit is left."""
    on = today()
    customer, credit, owing, old = owed_by(customer_id, on)
    none = Money(0, old.owed.currency)
    return customer.as_json() | {
        "credit_limit": (credit.limit if credit else none).as_json(),
        "credit_left": (credit.left if credit else none).as_json(),
        "owed": old.owed.as_json(),
        "overdue": old.overdue.as_json(),
        "overdue_days": old.overdue_days,
        "ageing": {name: old.buckets[name].as_json() for name in AGES},
        "receivables": [receivable_json(each, on) for each in owing[:100]],
    }


def as_json(payment: Payment) -> dict[str, Any]:
    """One tender as the doors show it; `action` is what its payer has to do next."""
    said: dict[str, Any] = {"id": payment.id, "method": payment.method, "status": payment.status}
    said |= {"amount": payment.amount.as_json(), "captured": payment.captured.as_json()}
    named = ("till", "shift", "reference", "actor")
    said |= {name: getattr(payment, name) for name in named if getattr(payment, name)}
    if payment.due_on:
        said["due_on"] = payment.due_on.isoformat()
    return said | {"action": action(payment)}


def shift_json(shift: Shift) -> dict[str, Any]:
    none = Money(0, shift.opening.currency)
    return {
        "id": shift.id,
        "till": shift.till,
        "location": shift.location or None,
        "cashier": shift.cashier,
        "status": shift.status,
        "opening": shift.opening.as_json(),
        "cash_in": (shift.cash_in or none).as_json(),
        "cash_out": (shift.cash_out or none).as_json(),
        "expected": shift.expected.as_json(),
        "counted": shift.counted.as_json() if shift.counted else None,
        "variance": (shift.counted - shift.expected).as_json() if shift.counted else None,
        "reason": shift.reason or None,
        "opened_at": clock.iso(shift.opened_at) if shift.opened_at else None,
        "closed_at": clock.iso(shift.closed_at) if shift.closed_at else None,
    }


def receivable_json(receivable: Receivable, on: date) -> dict[str, Any]:
    return {
        "id": receivable.id,
        "customer_id": receivable.customer_id,
        "order_id": receivable.order_id or None,
        "status": receivable.status,
        "amount": receivable.amount.as_json(),
        "settled": receivable.settled.as_json(),
        "left": receivable.left.as_json(),
        "due_on": receivable.due_on.isoformat(),
        "overdue_days": overdue_days(receivable.due_on, on),
        "age": age(receivable.due_on, on),
    }


def listed(receivables: Iterable[Receivable], on: date) -> list[dict[str, Any]]:
    return [receivable_json(each, on) for each in receivables]
