"""Rows of shifts, cash bags and tills in table `payments`, and their conditional writes.

shf_… | cod:<staff>        shift, with its cash counters
shift#open#<staff>         shift: a copy without current counters, read while an order is placed
till#<till>                till: the shift that occupies it
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import db
from chalicelib.kit.clock import iso
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money
from chalicelib.kit.row_attributes import InstantAttribute, StateAttribute
from chalicelib.payments.model import NotEnoughCash, Shift, ShiftAlreadyOpen, ShiftNotOpen, ShiftStatus, TillInUse


class ShiftRow(IndexedRow):
    Meta = db.table("payments")

    id = UnicodeAttribute()
    till = UnicodeAttribute()
    location = UnicodeAttribute(null=True)
    cashier = UnicodeAttribute()
    status = StateAttribute()
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


class TillRow(Row):
    Meta = db.table("payments")

    shift_id = UnicodeAttribute()


def open_shift_key(staff_id: str) -> Key:
    """Return the key of the copy of a person's unclosed shift. Its cash counters are not updated."""
    return Key(ShiftRow, f"shift#open#{staff_id}", "shift")


def find_open_shift(staff_id: str) -> Shift | None:
    """Return the person's open shift; None if there is none or it is counted already."""
    shift = find_unclosed_shift(staff_id)
    return shift if shift and shift.status == ShiftStatus.OPEN else None


def find_unclosed_shift(staff_id: str) -> Shift | None:
    """Return the person's shift that is open or counted, without current cash counters."""
    key = open_shift_key(staff_id)
    row = db.get(ShiftRow, key.pk, key.sk)
    return row_to_shift(row) if row else None


def find_shift(shift_id: str) -> Shift | None:
    row = db.get(ShiftRow, shift_id, "shift")
    return row_to_shift(row) if row else None


def list_cash_bags(staff_ids: Iterable[str]) -> list[Shift]:
    """Return the cash bags of these people that hold cash, sorted by id."""
    rows = db.batch(Key(ShiftRow, f"cod:{staff_id}", "shift") for staff_id in staff_ids)
    bags = sorted((row_to_shift(row) for row in rows.values()), key=lambda bag: bag.id)
    return [bag for bag in bags if bag.expected]


def add_cash(shift: Shift, amount: Money) -> Write:
    """Return the write that adds cash to an open shift or to a bag, which it creates. Fails with ShiftNotOpen."""
    row, added = _shift_row_key(shift.id), ShiftRow.cash_in_minor.add(amount.minor)
    if shift.is_cash_bag:
        return db.update(row, added, *_initial_bag_attributes(shift))
    return db.update(row, added, when=_status_is_open(), refusal=lambda stored: _build_not_open_refusal(shift, stored))


def remove_cash(shift: Shift, amount: Money) -> Write:
    """Return the write that removes cash from an open shift. Raises NotEnoughCash.

    It requires the counters as read, because a DynamoDB condition cannot subtract one from another.
    """
    unchanged = _status_is_open() & _cash_unchanged(shift)
    if shift.expected.minor < amount.minor:
        raise NotEnoughCash(shift_id=shift.id, wanted=amount, expected=shift.expected)
    return db.update(_shift_row_key(shift.id), ShiftRow.cash_out_minor.add(amount.minor), when=unchanged)


def open_shift(shift: Shift) -> list[Write]:
    """Return the writes of the shift, its cashier's copy and the till it occupies.

    They fail with ShiftAlreadyOpen or TillInUse if one of the last two exists.
    """
    cashier_copy = _shift_to_row(shift)
    cashier_copy.pk, cashier_copy.list, cashier_copy.listed_at = open_shift_key(shift.cashier).pk, None, None
    return [
        db.create(cashier_copy, refusal=lambda stored: ShiftAlreadyOpen(shift_id=stored.id if stored else "")),
        db.create(
            TillRow(f"till#{shift.till}", "till", shift_id=shift.id),
            refusal=lambda stored: TillInUse(till=shift.till, shift_id=stored.shift_id if stored else ""),
        ),
        db.create(_shift_to_row(shift)),
    ]


def count_shift(before: Shift, counted: Money, head: Head) -> list[Write]:
    """Return the writes of a count. They require the cash counters as read, so cash added meanwhile restarts it."""
    unchanged = (ShiftRow.version == before.version) & _cash_unchanged(before)
    set_status = ShiftRow.status.set(ShiftStatus.COUNTED)
    return [
        db.update(
            _shift_row_key(before.id),
            set_status,
            ShiftRow.counted_minor.set(counted.minor),
            *_set_head(head),
            when=unchanged,
        ),
        db.update(_shift_row_key(open_shift_key(before.cashier).pk), set_status, when=ShiftRow.id == before.id),
    ]


def close_shift(before: Shift, after: Shift, at: datetime, head: Head) -> list[Write]:
    actions = [
        ShiftRow.status.set(ShiftStatus.CLOSED),
        ShiftRow.variance_minor.set(after.variance.minor if after.variance else 0),
        ShiftRow.reason.set(after.reason),
        ShiftRow.closed_at.set(at),
        *_set_head(head),
    ]
    unchanged = (ShiftRow.version == before.version) & (ShiftRow.status == ShiftStatus.COUNTED)
    return [
        db.update(_shift_row_key(before.id), *actions, when=unchanged),
        db.delete(_shift_row_key(open_shift_key(before.cashier).pk)),
        db.delete(TillRow(f"till#{before.till}", "till")),
    ]


def _cash_unchanged(shift: Shift) -> Any:
    cash_in, cash_out = shift.cash_in, shift.cash_out
    return (ShiftRow.cash_in_minor == (cash_in.minor if cash_in else 0)) & (
        ShiftRow.cash_out_minor == (cash_out.minor if cash_out else 0)
    )


def _set_head(head: Head) -> list[Any]:
    return [ShiftRow.version.set(head.version), ShiftRow.journal_hash.set(head.journal_hash)]


def _initial_bag_attributes(shift: Shift) -> list[Any]:
    currency = shift.opening.currency
    return [
        ShiftRow.id.set(shift.id),
        ShiftRow.till.set(shift.till),
        ShiftRow.cashier.set(shift.cashier),
        ShiftRow.status.set(ShiftStatus.OPEN),
        ShiftRow.currency.set(currency),
        ShiftRow.opening_minor.set(0),
        ShiftRow.cash_out_minor.add(0),
    ]


def _status_is_open() -> Any:
    return ShiftRow.status == ShiftStatus.OPEN


def _build_not_open_refusal(shift: Shift, stored: Any) -> ShiftNotOpen:
    return ShiftNotOpen(shift_id=shift.id, shift_status=stored.status if stored else "unknown")


def _shift_row_key(pk: str) -> ShiftRow:
    return ShiftRow(pk, "shift")


def row_to_shift(row: ShiftRow) -> Shift:
    def money(minor: Any) -> Money | None:
        return None if minor is None else Money(int(minor), row.currency)

    return Shift(
        id=row.id,
        till=row.till,
        location=row.location or "",
        cashier=row.cashier,
        status=ShiftStatus(row.status),
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


def _shift_to_row(shift: Shift) -> ShiftRow:
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
