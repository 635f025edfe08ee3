"""Every table of moto's at a glance: to see that nothing moved, and to put back what did.

Straight from moto's memory and partition by partition: thousands of looks are taken, and most find all as it was.
"""

from __future__ import annotations

import json
import pickle
from typing import Any

Snapshot = dict[str, dict[Any, bytes]]  # table → partition → its rows


def take_snapshot() -> Snapshot:
    return {name: {key: pickle.dumps(rows) for key, rows in table.items.items()} for name, table in _tables().items()}


def restore(kept: Snapshot) -> None:
    for name, table in _tables().items():
        for key in [key for key in table.items if key not in kept[name]]:
            del table.items[key]
        for key, rows in kept[name].items():
            if pickle.dumps(table.items.get(key)) != rows:
                table.items[key] = pickle.loads(rows)  # nosec B301 - made above
        if table.stream_shard is not None:
            table.stream_shard.items = []  # moto copies these at each transaction


def list_changes(kept: Snapshot) -> dict[str, list[str]]:
    """Per table, what is there and was not, or was there and is not."""
    now = take_snapshot()
    changed = {name: _differences(kept[name], now[name]) for name in now if kept[name] != now[name]}
    return {name: rows for name, rows in changed.items() if rows}


def _differences(before: dict[Any, bytes], after: dict[Any, bytes]) -> list[str]:
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    # Equal rows may have been pickled differently, so text decides.
    was, now = ({text for key in keys for text in _texts(side.get(key))} for side in (before, after))
    return sorted(was ^ now)


def _texts(rows: bytes | None) -> list[str]:
    found = pickle.loads(rows) if rows else {}  # nosec B301 - made above
    each = found.values() if isinstance(found, dict) else [found]
    return [json.dumps(item.to_json(), sort_keys=True, default=str) for item in each]


def _tables() -> dict[str, Any]:
    from moto.dynamodb.models import dynamodb_backends

    return dict(dynamodb_backends["123456789012"]["ap-southeast-3"].tables)
