"""Snapshots of all moto tables: detect changes, and restore the tables.

Snapshots are read from moto's memory, partition by partition, because tests take thousands of them.
"""

from __future__ import annotations

import json
import pickle
from typing import Any

Snapshot = dict[str, dict[Any, bytes]]  # table name: partition key: pickled rows


def take_snapshot() -> Snapshot:
    return {name: {key: pickle.dumps(rows) for key, rows in table.items.items()} for name, table in _tables().items()}


def restore(snapshot: Snapshot) -> None:
    for name, table in _tables().items():
        for key in [key for key in table.items if key not in snapshot[name]]:
            del table.items[key]
        for key, rows in snapshot[name].items():
            if pickle.dumps(table.items.get(key)) != rows:
                table.items[key] = pickle.loads(rows)  # nosec B301 - pickled by this module
        if table.stream_shard is not None:
            table.stream_shard.items = []  # moto copies these at each transaction


def list_changes(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the rows that were added, changed or deleted since the snapshot, by table, as JSON texts."""
    now = take_snapshot()
    changed = {name: _differences(snapshot[name], now[name]) for name in now if snapshot[name] != now[name]}
    return {name: rows for name, rows in changed.items() if rows}


def _differences(before: dict[Any, bytes], after: dict[Any, bytes]) -> list[str]:
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    # Equal rows may be pickled differently, so the rows are compared as text.
    was, now = ({text for key in keys for text in _texts(side.get(key))} for side in (before, after))
    return sorted(was ^ now)


def _texts(rows: bytes | None) -> list[str]:
    partition = pickle.loads(rows) if rows else {}  # nosec B301 - pickled by this module
    items = partition.values() if isinstance(partition, dict) else [partition]
    return [json.dumps(item.to_json(), sort_keys=True, default=str) for item in items]


def _tables() -> dict[str, Any]:
    from moto.dynamodb.models import dynamodb_backends

    return dict(dynamodb_backends["123456789012"]["ap-southeast-3"].tables)
