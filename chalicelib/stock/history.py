"""The journal's movements, told again by level. Only a projection: it decides nothing and can be made anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.kit import db, journal
from chalicelib.kit.events import records, refuse_newer
from chalicelib.kit.journal import Entry
from chalicelib.stock.model import Movement
from chalicelib.stock.store import HistoryRow


def project(entries: Iterable[Entry]) -> int:
    """How many rows were written. A row's key is its event's, so a repeat or another order writes the same rows."""
    rows = {(row.pk, row.sk): row for entry in entries for row in rows_of(entry)}
    writes = [db.put(row) for row in rows.values()]
    for start in range(0, len(writes), db.MOST_WRITES):
        db.commit(writes[start : start + db.MOST_WRITES])
    return len(writes)


def rows_of(entry: Entry) -> list[HistoryRow]:
    """One for each SKU and location that the entry moved; none for entries about other things. Raises NewerVersion."""
    refuse_newer(entry.kind, int(entry.schema_version))
    body = journal.entry_to_message(entry)["body"]
    at: dict[tuple[str, str], list[Movement]] = {}
    for movement in records(Movement, body.get("movements", ())):
        at.setdefault((movement.sku, movement.location), []).append(movement)
    return [_row(entry, body, pair, movements) for pair, movements in at.items()]


def _row(entry: Entry, body: dict[str, Any], pair: tuple[str, str], movements: list[Movement]) -> HistoryRow:
    sku, location = pair
    return HistoryRow(
        f"history#{sku}@{location}",
        entry.event_id,
        kind=entry.kind,
        subject=entry.pk,
        actor=entry.actor,
        occurred_at=entry.occurred_at,
        reason=body.get("reason") or None,
        movements=[_said(movement) for movement in movements],
    )


def _said(movement: Movement) -> dict[str, Any]:
    """Quantities that did not change are left out."""
    said = {"kind": movement.kind, "shelf": movement.shelf, "on_hand": movement.on_hand}
    said |= {"reserved": movement.reserved, "allocated": movement.allocated, "display": movement.display}
    said |= {"expected": movement.expected}
    return {name: value for name, value in said.items() if value}
