"""The tables of the engine in memory that the sample shop runs on: snapshots, restoring and changes."""

from __future__ import annotations

from typing import cast

from chalicelib.kit import db
from tests.verification.simulator.memory_engine import MemoryEngine
from tests.verification.simulator.store import Table, Tables


def take_snapshot() -> Tables:
    return _engine().snapshot()


def restore(snapshot: Tables) -> None:
    _engine().restore(snapshot)


def list_changes(before: Tables) -> list[str]:
    """Return table and partition key of each partition in which an item was added, changed or deleted."""
    now = _engine().tables
    return sorted(
        f"{name} {pk}"
        for name in {*before, *now}
        for pk in _changed_partitions(before.get(name, Table()), now.get(name, Table()))
    )


def _changed_partitions(before: Table, now: Table) -> list[str]:
    return [pk for pk in {*before.rows, *now.rows} if before.rows.get(pk, {}) != now.rows.get(pk, {})]


def _engine() -> MemoryEngine:
    return cast(MemoryEngine, db.engine)
