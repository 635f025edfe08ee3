"""Builders of payments, shifts and receivables with defaults; a test passes only the fields that it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.customers.store import extend_credit
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
from chalicelib.payments import lifecycle, model, shift_store, store
from chalicelib.payments.lifecycle import PaymentContext
from chalicelib.payments.model import Payment, Receivable, Shift
from chalicelib.payments.opening_receivables import record_opening_receivable
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


def set_clock(now: datetime) -> datetime:
    clock.source = lambda: now
    return now


def an_idempotency_key(key: str = "k", body: str = "b") -> IdempotencyKey:
    return IdempotencyKey(f"test#{key}", body)


def a_payment(method: str = "cash", minor: int = 100, **fields: Any) -> Payment:
    initial = model.PAYMENT_METHODS[method].initial
    captured = minor if initial == "captured" else 0
    payment = Payment("pay_1", "ord_1", method, rupiah(minor), initial, rupiah(captured), rupiah(0))
    return replace(payment, **fields)


def a_receivable(minor: int = 100, due_on: date = TODAY, name: str = "rcv_1", settled: int = 0) -> Receivable:
    return Receivable(name, "cus_1", "ord_1", "pay_1", rupiah(minor), rupiah(settled), due_on)


def an_open_shift(principal: Principal = SINTA, opening: int = 0, till: str = "") -> Shift:
    body = open_shift(principal, till, rupiah(opening))
    return load_shift(body["id"])


def load_shift(shift_id: str) -> Shift:
    shift = shift_store.find_shift(shift_id)
    assert shift is not None
    return shift


def sell_for_cash(shift: Shift, minor: int) -> None:
    """Commit only the cash of a counter sale."""
    db.commit([shift_store.add_cash(shift, rupiah(minor))])


def a_customer(customer_id: str = "cus_1", limit: int = 1000, opening: int = 0, due_on: date = TODAY) -> str:
    extra_writes = record_opening_receivable(customer_id, rupiah(opening), due_on, "import") if opening else []
    save_customer(
        Customer(customer_id, "Toko Makmur", terms_days=14),
        "import",
        credit_limit=rupiah(limit),
        opening_balance=rupiah(opening),
        extra_writes=extra_writes,
    )
    return customer_id


def sell_on_credit(payment_id: str, minor: int, due_on: date, customer_id: str = "cus_1", order: str = "") -> Payment:
    """Commit the payment, receivable and exposure of a credit order."""
    context = PaymentContext(order or f"ord_of_{payment_id}", customer_id=customer_id, channel="sfa", due_on=due_on)
    [payment] = lifecycle.build_payments(context, [("credit", None)], rupiah(minor), [payment_id])
    writes = [store.create_payment(payment), *store.create_receivables([payment])]
    db.commit([*writes, extend_credit(customer_id, rupiah(minor))])
    return payment


def list_owed(customer_id: str = "cus_1") -> list[tuple[str, int]]:
    return [(receivable.id, receivable.left.minor) for receivable in store.list_open_receivables(customer_id)]


def list_messages(subject: str) -> list[dict[str, Any]]:
    return [journal.row_to_message(entry) for entry in journal.history(subject)]
