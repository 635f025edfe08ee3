"""Project the movements of journal entries into a history per SKU and location. It can be rebuilt from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.kit import db, journal
from chalicelib.kit.db import Key
from chalicelib.kit.events import check_schema_version, read_records
from chalicelib.kit.journal import EntryRow
from chalicelib.stock.model import Movement
from chalicelib.stock.store import HistoryRow


def project_history(entries: Iterable[EntryRow]) -> int:
    """Return the number of rows written. Row keys derive from the event, so a repeat writes the same rows again."""
    rows = {(row.pk, row.sk): row for entry in entries for row in entry_to_rows(entry)}
    writes = [db.put(row) for row in rows.values()]
    for start in range(0, len(writes), db.MAX_TRANSACTION_WRITES):
        db.commit(writes[start : start + db.MAX_TRANSACTION_WRITES])
    return len(writes)


def find_projected(entries: Sequence[EntryRow]) -> set[str]:
    """Return the ids of the events whose rows all exist; those without movements have none. Raises NewerVersion."""
    keys = {entry.event_id: [Key(HistoryRow, row.pk, row.sk) for row in entry_to_rows(entry)] for entry in entries}
    existing = db.batch(key for of_event in keys.values() for key in of_event)
    return {event_id for event_id, of_event in keys.items() if all(key in existing for key in of_event)}


def entry_to_rows(entry: EntryRow) -> list[HistoryRow]:
    """Return one row per SKU and location that the entry moved, none for entries without movements.

    Raises NewerVersion.
    """
    check_schema_version(entry.kind, int(entry.schema_version))
    body = journal.row_to_message(entry)["body"]
    grouped: dict[tuple[str, str], list[Movement]] = {}
    for movement in read_records(Movement, body.get("movements", ())):
        grouped.setdefault((movement.sku, movement.location), []).append(movement)
    return [_build_row(entry, body, pair, movements) for pair, movements in grouped.items()]


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
    """Return the movement without quantities that did not change."""
    values = {"kind": movement.kind, "shelf": movement.shelf, "on_hand": movement.on_hand}
    values |= {"reserved": movement.reserved, "allocated": movement.allocated, "display": movement.display}
    values |= {"expected": movement.expected}
    return {name: value for name, value in values.items() if value}
