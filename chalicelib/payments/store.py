"""What is kept in table `payments`, and the conditional writes that change it.

pay_…                      payment
receivables#<customer>     open#<due>#rcv_… | settled#<due>#rcv_…    (oldest first; settled ones step aside)
shf_… | cod:<staff>        shift, with the counters of its drawer
shift#open#<staff>         shift: a copy without counters, read while an order is placed
till#<till>                till: which shift has it
col_…                      collection
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from chalicelib.kit import db
from chalicelib.kit.attributes import InstantAttribute, NumberAttribute, UnicodeAttribute
from chalicelib.kit.clock import iso
from chalicelib.kit.db import Key, Row, Write
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money
from chalicelib.payments import owe, pay
from chalicelib.payments.model import (
    NotEnoughCash,
    Payment,
    Receivable,
    Shift,
    ShiftAlreadyOpen,
    ShiftNotOpen,
    TillInUse,
)


class PaymentRow(Row):
    Meta = db.table("payments")

    order_id = UnicodeAttribute()
    method = UnicodeAttribute()
    status = UnicodeAttribute()
    amount_minor = NumberAttribute()
    captured_minor = NumberAttribute()
    refunded_minor = NumberAttribute()
    currency = UnicodeAttribute()
    till = UnicodeAttribute(null=True)
    shift = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute(null=True)
    channel = UnicodeAttribute(null=True)
    actor = UnicodeAttribute(null=True)
    proof = UnicodeAttribute(null=True)
    due_on = UnicodeAttribute(null=True)
    expires_at = InstantAttribute(null=True)
    version = NumberAttribute()


class ReceivableRow(Row):
    Meta = db.table("payments")

    customer_id = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    amount_minor = NumberAttribute()
    settled_minor = NumberAttribute()
    currency = UnicodeAttribute()
    due_on = UnicodeAttribute()
    status = UnicodeAttribute()
    list = UnicodeAttribute(null=True)  # open ones only: finance's work list
    listed_at = UnicodeAttribute(null=True)


class ShiftRow(Row):
    Meta = db.table("payments")

    id = UnicodeAttribute()
    till = UnicodeAttribute()
    location = UnicodeAttribute(null=True)
    cashier = UnicodeAttribute()
    status = UnicodeAttribute()
    currency = UnicodeAttribute()
    opening_minor = NumberAttribute()
    cash_in_minor = NumberAttribute(null=True)
    cash_out_minor = NumberAttribute(null=True)
    counted_minor = NumberAttribute(null=True)
    variance_minor = NumberAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    opened_at = InstantAttribute(null=True)
    closed_at = InstantAttribute(null=True)
    version = NumberAttribute(null=True)
    journal_hash = UnicodeAttribute(null=True)
    list = UnicodeAttribute(null=True)  # a location's shifts, newest first
    listed_at = UnicodeAttribute(null=True)


class TillRow(Row):
    Meta = db.table("payments")

    shift_id = UnicodeAttribute()


def payment_key(payment_id: str) -> Key:
    return Key(PaymentRow, payment_id, "payment")


def load_payments(payment_ids: Iterable[str]) -> list[Payment]:
    """In the order asked; consistent, so that a decision may stand on them."""
    keys = [payment_key(each) for each in payment_ids]
    found = db.batch(keys)
    return [as_payment(found[key]) for key in keys if key in found]


def load_payment(payment_id: str) -> Payment | None:
    row = db.get(PaymentRow, payment_id, "payment")
    return as_payment(row) if row else None


def open_payment(payment: Payment) -> Write:
    return db.create(_payment_row(payment))


def open_payments(payments: Sequence[Payment], shift: Shift | None) -> list[Write]:
    """A new order's payments with all they bring: receivables, and its cash into the drawer, summed because one
    transaction may touch a row once. Extending credit is the caller's: customers.store."""
    writes = [open_payment(payment) for payment in payments] + open_receivables(payments)
    if shift and any(payment.method == "cash" for payment in payments):
        writes.append(cash_into(shift, pay.cash_taken(payments, payments[0].amount.currency)))
    return writes


def save_payment(before: Payment, after: Payment) -> Write:
    """Lands only on the version that was read; whoever lost the race decides anew."""
    return db.put(_payment_row(after), when=PaymentRow.version == before.version)


def move_payment(payment: Payment, to: str, **changes: Any) -> Write:
    return save_payment(payment, pay.moved(payment, to, **changes))


def end_payments(payments: Sequence[Payment], to: str = "cancelled") -> list[Write]:
    """Payments and receivables of an order that ends. Giving back credit is the caller's: customers.store."""
    writes: list[Write] = []
    for payment in payments:
        after = pay.ended(payment, to)
        if after != payment:
            writes.append(save_payment(payment, after))
        if payment.status == "on_credit":
            writes.append(drop_receivable(owe.receivable_of(payment)))
    return writes


def open_receivable(receivable: Receivable) -> Write:
    return db.create(_receivable_row(receivable))


def open_receivables(payments: Iterable[Payment]) -> list[Write]:
    """One for each credit tender among an order's new payments."""
    return [open_receivable(owe.receivable_of(each)) for each in payments if each.status == "on_credit"]


def drop_receivable(receivable: Receivable) -> Write:
    return db.delete(_receivable_row(receivable), when=ReceivableRow.settled_minor == receivable.settled.minor)


def settle_receivable(before: Receivable, after: Receivable) -> list[Write]:
    """What is still owed stays in its place; what is settled leaves the list of the owing."""
    if after.left:
        settled = ReceivableRow.settled_minor.set(after.settled.minor)
        standing = _standing_at(before)
        row = _receivable_row(before)
        return [db.update(row, settled, ReceivableRow.status.set(after.status), when=standing)]
    return [drop_receivable(before), open_receivable(after)]


def _standing_at(receivable: Receivable) -> Any:
    """Also refuses an absent row: an order cancelled meanwhile owes nothing."""
    return ReceivableRow.settled_minor == receivable.settled.minor


def receivables_of(customer_id: str) -> list[Receivable]:
    """Open ones, oldest due first; consistent."""
    rows = db.query_all(ReceivableRow, f"receivables#{customer_id}", begins="open#")
    return [as_receivable(row) for row in rows]


def shift_key(staff_id: str) -> Key:
    """His open shift as placing needs it: id, till, location; its counters are not live."""
    return Key(ShiftRow, f"shift#open#{staff_id}", "shift")


def open_shift_of(staff_id: str) -> Shift | None:
    """None as well when his shift is counted and waits to be closed."""
    found = shift_in_hand(staff_id)
    return found if found and found.status == "open" else None


def shift_in_hand(staff_id: str) -> Shift | None:
    """Open or counted: what he has not closed yet."""
    key = shift_key(staff_id)
    row = db.get(ShiftRow, key.pk, key.sk)
    return as_shift(row) if row else None


def load_shift(shift_id: str) -> Shift | None:
    row = db.get(ShiftRow, shift_id, "shift")
    return as_shift(row) if row else None


def cash_into(shift: Shift, amount: Money) -> Write:
    """The counter moves only in a commit, and only while the shift is open; a bag comes into being by filling it."""
    row, added = _shift_keys(shift.id), ShiftRow.cash_in_minor.add(amount.minor)
    if shift.is_bag:
        return db.update(row, added, *_bag_as_it_begins(shift))
    return db.update(row, added, when=_is_open(), refusal=lambda found: _not_open(shift, found))


def cash_out_of(shift: Shift, amount: Money) -> Write:
    """`shift` as it was just read: its balance may not have moved since, for conditions cannot subtract."""
    same = _is_open() & _same_cash(shift)
    if shift.expected.minor < amount.minor:
        raise NotEnoughCash(shift_id=shift.id, wanted=amount, expected=shift.expected)
    return db.update(_shift_keys(shift.id), ShiftRow.cash_out_minor.add(amount.minor), when=same)


def open_shift(shift: Shift) -> list[Write]:
    """Three rows stand or fall together: the shift, its cashier's pointer, and the till it occupies."""
    pointer = _shift_row(shift)
    pointer.pk, pointer.list, pointer.listed_at = shift_key(shift.cashier).pk, None, None
    return [
        db.create(pointer, refusal=lambda found: ShiftAlreadyOpen(shift_id=found.id if found else "")),
        db.create(
            TillRow(f"till#{shift.till}", "till", shift_id=shift.id),
            refusal=lambda found: TillInUse(till=shift.till, shift_id=found.shift_id if found else ""),
        ),
        db.create(_shift_row(shift)),
    ]


def count_shift(before: Shift, counted: Money, head: Head) -> list[Write]:
    """Cash that came in between the reading and the counting makes the count start again."""
    same = (ShiftRow.version == before.version) & _same_cash(before)
    shut = ShiftRow.status.set("counted")
    return [
        db.update(_shift_keys(before.id), shut, ShiftRow.counted_minor.set(counted.minor), *_headed(head), when=same),
        db.update(_shift_keys(shift_key(before.cashier).pk), shut, when=ShiftRow.id == before.id),
    ]


def close_shift(before: Shift, after: Shift, at: datetime, head: Head) -> list[Write]:
    actions = [
        ShiftRow.status.set("closed"),
        ShiftRow.variance_minor.set(after.variance.minor if after.variance else 0),
        ShiftRow.reason.set(after.reason),
        ShiftRow.closed_at.set(at),
        *_headed(head),
    ]
    same = (ShiftRow.version == before.version) & (ShiftRow.status == "counted")
    return [
        db.update(_shift_keys(before.id), *actions, when=same),
        db.delete(_shift_keys(shift_key(before.cashier).pk)),
        db.delete(TillRow(f"till#{before.till}", "till")),
    ]


def _same_cash(shift: Shift) -> Any:
    into, out = shift.cash_in, shift.cash_out
    return (ShiftRow.cash_in_minor == (into.minor if into else 0)) & (
        ShiftRow.cash_out_minor == (out.minor if out else 0)
    )


def _headed(head: Head) -> list[Any]:
    return [ShiftRow.version.set(head.sequence), ShiftRow.journal_hash.set(head.hash)]


def _bag_as_it_begins(shift: Shift) -> list[Any]:
    currency = shift.opening.currency
    return [
        ShiftRow.id.set(shift.id),
        ShiftRow.till.set(shift.till),
        ShiftRow.cashier.set(shift.cashier),
        ShiftRow.status.set("open"),
        ShiftRow.currency.set(currency),
        ShiftRow.opening_minor.set(0),
        ShiftRow.cash_out_minor.add(0),
    ]


def _is_open() -> Any:
    return ShiftRow.status == "open"


def _not_open(shift: Shift, found: Any) -> ShiftNotOpen:
    return ShiftNotOpen(shift_id=shift.id, status=found.status if found else "unknown")


def _shift_keys(pk: str) -> ShiftRow:
    return ShiftRow(pk, "shift")


def as_payment(row: PaymentRow) -> Payment:
    currency = row.currency
    return Payment(
        id=row.pk,
        order_id=row.order_id,
        method=row.method,
        amount=Money(int(row.amount_minor), currency),
        status=row.status,
        captured=Money(int(row.captured_minor), currency),
        refunded=Money(int(row.refunded_minor), currency),
        till=row.till or "",
        shift=row.shift or "",
        reference=row.reference or "",
        customer_id=row.customer_id or "",
        channel=row.channel or "",
        actor=row.actor or "",
        proof=row.proof or "",
        due_on=date.fromisoformat(row.due_on) if row.due_on else None,
        expires_at=row.expires_at,
        version=int(row.version),
    )


def _payment_row(payment: Payment) -> PaymentRow:
    return PaymentRow(
        payment.id,
        "payment",
        order_id=payment.order_id,
        method=payment.method,
        status=payment.status,
        amount_minor=payment.amount.minor,
        captured_minor=payment.captured.minor,
        refunded_minor=payment.refunded.minor,
        currency=payment.amount.currency,
        till=payment.till or None,
        shift=payment.shift or None,
        reference=payment.reference or None,
        customer_id=payment.customer_id or None,
        channel=payment.channel or None,
        actor=payment.actor or None,
        proof=payment.proof or None,
        due_on=payment.due_on.isoformat() if payment.due_on else None,
        expires_at=payment.expires_at,
        version=payment.version,
    )


def as_receivable(row: ReceivableRow) -> Receivable:
    return Receivable(
        id=row.sk.rsplit("#", 1)[1],
        customer_id=row.customer_id,
        order_id=row.order_id or "",
        payment_id=row.payment_id or "",
        amount=Money(int(row.amount_minor), row.currency),
        settled=Money(int(row.settled_minor), row.currency),
        due_on=date.fromisoformat(row.due_on),
        status=row.status,
    )


def _receivable_row(receivable: Receivable) -> ReceivableRow:
    place = "open" if receivable.left else "settled"
    due_on = receivable.due_on.isoformat()
    return ReceivableRow(
        f"receivables#{receivable.customer_id}",
        f"{place}#{due_on}#{receivable.id}",
        customer_id=receivable.customer_id,
        order_id=receivable.order_id or None,
        payment_id=receivable.payment_id or None,
        amount_minor=receivable.amount.minor,
        settled_minor=receivable.settled.minor,
        currency=receivable.amount.currency,
        due_on=due_on,
        status=receivable.status,
        list="receivables" if receivable.left else None,
        listed_at=f"{due_on}#{receivable.id}" if receivable.left else None,
    )


def as_shift(row: ShiftRow) -> Shift:
    def money(minor: Any) -> Money | None:
        return None if minor is None else Money(int(minor), row.currency)

    return Shift(
        id=row.id,
        till=row.till,
        location=row.location or "",
        cashier=row.cashier,
        status=row.status,
        opening=Money(int(row.opening_minor), row.currency),
        cash_in=money(row.cash_in_minor),
        cash_out=money(row.cash_out_minor),
        counted=money(row.counted_minor),
        variance=money(row.variance_minor),
        reason=row.reason or "",
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        version=int(row.version or 0),
        journal_hash=row.journal_hash or "",
    )


def _shift_row(shift: Shift) -> ShiftRow:
    return ShiftRow(
        shift.id,
        "shift",
        id=shift.id,
        till=shift.till,
        location=shift.location or None,
        cashier=shift.cashier,
        status=shift.status,
        currency=shift.opening.currency,
        opening_minor=shift.opening.minor,
        cash_in_minor=0,
        cash_out_minor=0,
        opened_at=shift.opened_at,
        version=shift.version,
        journal_hash=shift.journal_hash,
        list=f"shifts#{shift.location}",
        listed_at=f"{iso(shift.opened_at)}#{shift.id}" if shift.opened_at else None,
    )
