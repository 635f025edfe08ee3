"""Rows of the ledger in table `payments`: a projection that can be rebuilt from the journal.

ledger#<day>#<shard>       <event>#<number>: one line      (owner: the shift that lists it among its receipts)
posted#pay_…               posted: sum of the money that all lines received for a payment
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute

from chalicelib.kit import db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.payments.ledger import MONEY_IN_KINDS, LedgerLine
from chalicelib.payments.model import AlreadyBooked

SHARD_COUNT = 4  # partitions of one day's lines, because all writes of a day would be one hot partition


class LedgerLineRow(IndexedRow):
    Meta = db.table("payments")

    line = JSONAttribute()


class PostedAmountRow(Row):
    Meta = db.table("payments")

    minor = NumberAttribute()


def save_lines(lines: Sequence[LedgerLine]) -> list[Write]:
    """Return the writes that create `lines` and add to the received sums of their payments.

    They fail with AlreadyBooked, sums included, if a line exists: an event delivered twice counts once.
    """
    sums: dict[str, int] = {}
    for line in lines:
        if line.payment_id and line.kind in MONEY_IN_KINDS:
            sums[line.payment_id] = sums.get(line.payment_id, 0) + line.minor
    return [*map(_create_line, lines), *(_add_posted_amount(payment_id, minor) for payment_id, minor in sums.items())]


def _create_line(line: LedgerLine) -> Write:
    key = _line_key(line, line.day)
    row = LedgerLineRow(
        key.pk,
        key.sk,
        line={name: value for name, value in vars(line).items() if value != ""},
        owner=line.shift or None,
        listed_at=f"{line.at}#{line.event_id}#{line.number:02}" if line.shift else None,
    )
    return db.create(row, refusal=AlreadyBooked())


def _line_key(line: LedgerLine, day: str) -> Key:
    return Key(LedgerLineRow, f"ledger#{day}#{_shard_of_event(line.event_id)}", f"{line.event_id}#{line.number:02}")


def find_booked(lines: Iterable[LedgerLine]) -> set[str]:
    """Return the event ids of the lines that are in the ledger.

    The days around a line's day count too, because its location's zone may have changed since it was booked.
    """
    keys = [_line_key(line, day) for line in lines for day in _days_around(line.day)]
    return {key.sk.partition("#")[0] for key in db.batch(keys)}


def _days_around(day: str) -> list[str]:
    middle = date.fromisoformat(day)
    return [(middle + timedelta(days=offset)).isoformat() for offset in (-1, 0, 1)]


def _add_posted_amount(payment_id: str, minor: int) -> Write:
    return db.update(PostedAmountRow(f"posted#{payment_id}", "posted"), PostedAmountRow.minor.add(minor))


def _shard_of_event(event_id: str) -> int:
    return hashlib.sha256(event_id.encode()).digest()[0] % SHARD_COUNT


def list_lines_of_day(day: str) -> list[LedgerLine]:
    rows = [row for shard in range(SHARD_COUNT) for row in db.query_all(LedgerLineRow, f"ledger#{day}#{shard}")]
    return sorted(map(_row_to_line, rows), key=lambda line: (line.at, line.event_id, line.number))


def list_receipts(
    shift_id: str, limit: int, after: dict[str, Any] | None
) -> tuple[list[LedgerLine], dict[str, Any] | None]:
    """Return a page of one shift's lines, newest first, and the cursor of the next. Eventually consistent."""
    page = db.query(LedgerLineRow, shift_id, index="by_owner", newest_first=True, limit=limit, after=after)
    return [_row_to_line(row) for row in page.items], page.after


def load_posted_amounts(payment_ids: Iterable[str]) -> dict[str, int]:
    """Return the minor units that the ledger received, by payment id; payments without any are left out."""
    keys = {payment_id: Key(PostedAmountRow, f"posted#{payment_id}", "posted") for payment_id in payment_ids}
    rows = db.batch(keys.values())
    return {payment_id: int(rows[key].minor) for payment_id, key in keys.items() if key in rows}


def _row_to_line(row: LedgerLineRow) -> LedgerLine:
    empty: dict[str, Any] = {field.name: "" for field in fields(LedgerLine)}
    return LedgerLine(**empty | row.line)
