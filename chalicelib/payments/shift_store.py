"""Shifts as they are kept in table `payments`: whose drawer or bag it is, and the cash that goes in and out of it.

shf_… | cod:<staff>        shift, with the counters of its drawer
shift#open#<staff>         shift: a copy without counters, read while an order is placed
till#<till>                till: which shift has it
"""

from __future__ import annotations

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
    """His open shift as placing needs it: id, till, location; its counters are not live."""
    return Key(ShiftRow, f"shift#open#{staff_id}", "shift")


def find_open_shift(staff_id: str) -> Shift | None:
    """None as well when his shift is counted and waits to be closed."""
    found = find_unclosed_shift(staff_id)
    return found if found and found.status == ShiftStatus.OPEN else None


def find_unclosed_shift(staff_id: str) -> Shift | None:
    """Open or counted: what he has not closed yet."""
    key = open_shift_key(staff_id)
    row = db.get(ShiftRow, key.pk, key.sk)
    return row_to_shift(row) if row else None


def find_shift(shift_id: str) -> Shift | None:
    row = db.get(ShiftRow, shift_id, "shift")
    return row_to_shift(row) if row else None


def add_cash(shift: Shift, amount: Money) -> Write:
    """The counter moves only in a commit, and only while the shift is open; a bag comes into being by filling it."""
    row, added = _key_row(shift.id), ShiftRow.cash_in_minor.add(amount.minor)
    if shift.is_cash_bag:
        return db.update(row, added, *_initial_bag_attributes(shift))
    return db.update(row, added, when=_is_open(), refusal=lambda found: _build_not_open(shift, found))


def remove_cash(shift: Shift, amount: Money) -> Write:
    """`shift` as it was just read: its balance may not have moved since, for conditions cannot subtract."""
    same = _is_open() & _cash_unchanged(shift)
    if shift.expected.minor < amount.minor:
        raise NotEnoughCash(shift_id=shift.id, wanted=amount, expected=shift.expected)
    return db.update(_key_row(shift.id), ShiftRow.cash_out_minor.add(amount.minor), when=same)


def open_shift(shift: Shift) -> list[Write]:
    """Three rows stand or fall together: the shift, its cashier's pointer, and the till it occupies."""
    pointer = _shift_to_row(shift)
    pointer.pk, pointer.list, pointer.listed_at = open_shift_key(shift.cashier).pk, None, None
    return [
        db.create(pointer, refusal=lambda found: ShiftAlreadyOpen(shift_id=found.id if found else "")),
        db.create(
            TillRow(f"till#{shift.till}", "till", shift_id=shift.id),
            refusal=lambda found: TillInUse(till=shift.till, shift_id=found.shift_id if found else ""),
        ),
        db.create(_shift_to_row(shift)),
    ]


def count_shift(before: Shift, counted: Money, head: Head) -> list[Write]:
    """Cash that came in between the reading and the counting makes the count start again."""
    same = (ShiftRow.version == before.version) & _cash_unchanged(before)
    shut = ShiftRow.status.set(ShiftStatus.COUNTED)
    return [
        db.update(_key_row(before.id), shut, ShiftRow.counted_minor.set(counted.minor), *_set_head(head), when=same),
        db.update(_key_row(open_shift_key(before.cashier).pk), shut, when=ShiftRow.id == before.id),
    ]


def close_shift(before: Shift, after: Shift, at: datetime, head: Head) -> list[Write]:
    actions = [
        ShiftRow.status.set(ShiftStatus.CLOSED),
        ShiftRow.variance_minor.set(after.variance.minor if after.variance else 0),
        ShiftRow.reason.set(after.reason),
        ShiftRow.closed_at.set(at),
        *_set_head(head),
    ]
    same = (ShiftRow.version == before.version) & (ShiftRow.status == ShiftStatus.COUNTED)
    return [
        db.update(_key_row(before.id), *actions, when=same),
        db.delete(_key_row(open_shift_key(before.cashier).pk)),
        db.delete(TillRow(f"till#{before.till}", "till")),
    ]


def _cash_unchanged(shift: Shift) -> Any:
    into, out = shift.cash_in, shift.cash_out
    return (ShiftRow.cash_in_minor == (into.minor if into else 0)) & (
        ShiftRow.cash_out_minor == (out.minor if out else 0)
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


def _is_open() -> Any:
    return ShiftRow.status == ShiftStatus.OPEN


def _build_not_open(shift: Shift, found: Any) -> ShiftNotOpen:
    return ShiftNotOpen(shift_id=shift.id, status=found.status if found else "unknown")


def _key_row(pk: str) -> ShiftRow:
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
