"""The ledger's own rows, a projection of the journal: they can be thrown away and folded again.

ledger#<day>#<shard>       <event>#<number>: one line      (owner: the shift whose receipt it is)
posted#pay_…               posted: what all lines together say came in for a payment
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute

from chalicelib.kit import db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.payments.ledger import MONEY_IN_KINDS, LedgerLine
from chalicelib.payments.model import AlreadyBooked

SHARD_COUNT = 4  # a day's lines are no single partition


class LedgerLineRow(IndexedRow):
    Meta = db.table("payments")

    line = JSONAttribute()


class PostedAmountRow(Row):
    Meta = db.table("payments")

    minor = NumberAttribute()


def save_lines(lines: Sequence[LedgerLine]) -> list[Write]:
    """Lines are put only if absent, and the sums move in the same commit, so an entry heard twice counts once."""
    sums: dict[str, int] = {}
    for line in lines:
        if line.payment_id and line.kind in MONEY_IN_KINDS:
            sums[line.payment_id] = sums.get(line.payment_id, 0) + line.minor
    return [*map(_create_line, lines), *(_add_posted_amount(payment_id, minor) for payment_id, minor in sums.items())]


def _create_line(line: LedgerLine) -> Write:
    row = LedgerLineRow(
        f"ledger#{line.day}#{_shard_of_event(line.event_id)}",
        f"{line.event_id}#{line.number:02}",
        line={name: value for name, value in vars(line).items() if value != ""},
        owner=line.shift or None,
        listed_at=f"{line.at}#{line.event_id}#{line.number:02}" if line.shift else None,
    )
    return db.create(row, refusal=AlreadyBooked())


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
    """What went into one drawer, newest first; a moment behind the counter."""
    page = db.query(LedgerLineRow, shift_id, index="by_owner", newest_first=True, limit=limit, after=after)
    return [_row_to_line(row) for row in page.items], page.after


def load_posted_amounts(payment_ids: Iterable[str]) -> dict[str, int]:
    keys = {payment_id: Key(PostedAmountRow, f"posted#{payment_id}", "posted") for payment_id in payment_ids}
    found = db.batch(keys.values())
    return {payment_id: int(found[key].minor) for payment_id, key in keys.items() if key in found}


def _row_to_line(row: LedgerLineRow) -> LedgerLine:
    empty: dict[str, Any] = {field.name: "" for field in fields(LedgerLine)}
    return LedgerLine(**empty | row.line)
