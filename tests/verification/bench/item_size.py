"""Compute the write units of a transaction from the sizes of its items, as DynamoDB counts them."""

from __future__ import annotations

import math
from typing import Any

import boto3

INDEX_KEYS = {
    "by_list": ("list", "listed_at"),
    "by_owner": ("owner", "listed_at"),
    "by_time": ("shard", "event_id"),
}
KILOBYTE = 1024


def write_units_of(transaction: dict[str, Any]) -> dict[str, int]:
    """Return the write units of each write of a transaction that was just committed.

    A transaction counts each item twice; index entries count once, because they are written afterwards.
    """
    client, units = boto3.client("dynamodb"), {}
    for action in transaction["TransactItems"]:
        ((verb, write),) = action.items()
        item = write.get("Item") or client.get_item(TableName=write["TableName"], Key=write["Key"])["Item"]
        entries = count_index_entries(item) if verb == "Put" else 0  # our updates change no index keys
        units[f"{verb} {item_name(item)}"] = 2 * math.ceil(size_of(item) / KILOBYTE) + entries
    return units


def item_name(item: dict[str, Any]) -> str:
    parts = [item[name] for name in ("pk", "sk", "subject", "sequence") if name in item]
    return " ".join(str(value) for part in parts for value in part.values())


def count_index_entries(item: dict[str, Any]) -> int:
    return sum(all(name in item for name in names) for names in INDEX_KEYS.values())


def size_of(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + size_of_value(value) for name, value in item.items())


def size_of_value(typed: dict[str, Any]) -> int:
    ((kind, value),) = typed.items()
    if kind == "S":
        return len(value.encode())
    if kind == "B":
        return len(value)
    if kind == "N":
        return math.ceil(len(value.lstrip("-").strip("0")) / 2) + 2  # one byte per two digits, and up to two more
    if kind in ("NULL", "BOOL"):
        return 1
    raise TypeError(f"no row has an attribute of type {kind}")
