"""Tenders, drawers and debts that tests speak of; they say only what matters to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.customers.keep import keep_customer
from chalicelib.customers.model import Customer
from chalicelib.customers.store import extend_credit
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import Money
from chalicelib.kit.requests import Asked
from chalicelib.payments import model, pay, shift_store, store
from chalicelib.payments.model import Payment, Receivable, Shift
from chalicelib.payments.opening import opening_debt
from chalicelib.payments.pay import PaymentTerms
from chalicelib.payments.shift import open_shift

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # noon in Jakarta
TODAY = date(2026, 11, 22)

SINTA = Principal("cashier", "cashier-sinta", "store-darmo")
TONO = Principal("cashier", "cashier-tono", "store-darmo")
BUDI = Principal("salesman", "salesman-budi", "van-budi")
AGUS = Principal("courier", "courier-agus")
MAYA = Principal("finance", "finance-maya")
RATNA = Principal("owner", "owner-ratna")


def rupiah(minor: int) -> Money:
    return Money(minor, "IDR")


def it_is(now: datetime) -> datetime:
    clock.source = lambda: now
    return now


def asked(key: str = "k", body: str = "b") -> Asked:
    return Asked(f"test#{key}", body)


def a_payment(method: str = "cash", minor: int = 100, **said: Any) -> Payment:
    initial = model.METHODS[method].initial
    taken = minor if initial == "captured" else 0
    payment = Payment("pay_1", "ord_1", method, rupiah(minor), initial, rupiah(taken), rupiah(0))
    return replace(payment, **said)


def a_receivable(minor: int = 100, due_on: date = TODAY, name: str = "rcv_1", settled: int = 0) -> Receivable:
    return Receivable(name, "cus_1", "ord_1", "pay_1", rupiah(minor), rupiah(settled), due_on)


def an_open_shift(who: Principal = SINTA, opening: int = 0, till: str = "") -> Shift:
    made = open_shift(who, till, rupiah(opening))
    return shift(made["id"])


def shift(shift_id: str) -> Shift:
    found = shift_store.load_shift(shift_id)
    assert found is not None
    return found


def sold_for_cash(into: Shift, minor: int) -> None:
    """A counter sale as placing commits it: only the drawer matters here."""
    db.commit([shift_store.cash_into(into, rupiah(minor))])


def a_customer(customer_id: str = "cus_1", limit: int = 1000, opening: int = 0, due_on: date = TODAY) -> str:
    along = opening_debt(customer_id, rupiah(opening), due_on, "import") if opening else []
    keep_customer(
        Customer(customer_id, "Toko Makmur", terms_days=14),
        "import",
        credit_limit=rupiah(limit),
        opening=rupiah(opening),
        along=along,
    )
    return customer_id


def sold_on_credit(payment_id: str, minor: int, due_on: date, customer_id: str = "cus_1", order: str = "") -> Payment:
    """What placing commits of a credit order: tender, receivable and exposure."""
    terms = PaymentTerms(order or f"ord_of_{payment_id}", customer_id=customer_id, channel="sfa", due_on=due_on)
    [payment] = pay.build_payments(terms, [("credit", None)], rupiah(minor), [payment_id])
    opened = [store.open_payment(payment), *store.open_receivables([payment])]
    db.commit([*opened, extend_credit(customer_id, rupiah(minor))])
    return payment


def owed(customer_id: str = "cus_1") -> list[tuple[str, int]]:
    return [(each.id, each.left.minor) for each in store.receivables_of(customer_id)]


def told(subject: str) -> list[dict[str, Any]]:
    return [journal.entry_to_message(entry) for entry in journal.history(subject)]
