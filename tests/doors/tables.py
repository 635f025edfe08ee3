"""Every table of moto's at a glance: to see that nothing moved, and to put everything back as it was."""

from __future__ import annotations

import json
import pickle
from typing import Any


def everything() -> dict[str, list[str]]:
    """What a scan of each table shows, in an order of its own; straight from moto: there are thousands of looks."""
    return {name: sorted(map(_text, _items(table))) for name, table in _tables().items()}


def saved() -> bytes:
    return pickle.dumps({name: table.items for name, table in _tables().items()})


def put_back(kept: bytes) -> None:
    items = pickle.loads(kept)  # nosec B301 - made above
    for name, table in _tables().items():
        table.items = items[name]
        if table.stream_shard is not None:
            table.stream_shard.items = []  # moto copies these at each transaction


def _tables() -> dict[str, Any]:
    from moto.dynamodb.models import dynamodb_backends

    return dict(dynamodb_backends["123456789012"]["ap-southeast-3"].tables)


def _items(table: Any) -> Any:
    for row in table.items.values():
        yield from row.values() if isinstance(row, dict) else [row]


def _text(item: Any) -> str:
    return json.dumps(item.to_json(), sort_keys=True, default=str)
