"""The journal's movements, told again by level. Only a projection: it decides nothing and can be made anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.kit import db, journal
from chalicelib.kit.events import check_schema_version, read_records
from chalicelib.kit.journal import EntryRow
from chalicelib.stock.model import Movement
from chalicelib.stock.store import HistoryRow


def project_history(entries: Iterable[EntryRow]) -> int:
    """How many rows were written. A row's key is its event's, so a repeat or another order writes the same rows."""
    rows = {(row.pk, row.sk): row for entry in entries for row in entry_to_rows(entry)}
    writes = [db.put(row) for row in rows.values()]
    for start in range(0, len(writes), db.MAX_TRANSACTION_WRITES):
        db.commit(writes[start : start + db.MAX_TRANSACTION_WRITES])
    return len(writes)


def entry_to_rows(entry: EntryRow) -> list[HistoryRow]:
    """One for each SKU and location that the entry moved; none for entries about other things. Raises NewerVersion."""
    check_schema_version(entry.kind, int(entry.schema_version))
    body = journal.row_to_message(entry)["body"]
    at: dict[tuple[str, str], list[Movement]] = {}
    for movement in read_records(Movement, body.get("movements", ())):
        at.setdefault((movement.sku, movement.location), []).append(movement)
    return [_build_row(entry, body, pair, movements) for pair, movements in at.items()]


def _build_row(entry: EntryRow, body: dict[str, Any], pair: tuple[str, str], movements: list[Movement]) -> HistoryRow:
    sku, location = pair
    return HistoryRow(
        f"history#{sku}@{location}",
        entry.event_id,
        kind=entry.kind,
        subject=entry.pk,
        actor=entry.actor,
        occurred_at=entry.occurred_at,
        reason=body.get("reason") or None,
        movements=[_movement_to_json(movement) for movement in movements],
    )


def _movement_to_json(movement: Movement) -> dict[str, Any]:
    """Quantities that did not change are left out."""
    said = {"kind": movement.kind, "shelf": movement.shelf, "on_hand": movement.on_hand}
    said |= {"reserved": movement.reserved, "allocated": movement.allocated, "display": movement.display}
    said |= {"expected": movement.expected}
    return {name: value for name, value in said.items() if value}
