"""The journal is whole: no entry is missing, none was changed, and each aggregate stands where its journal ends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from infra.invariants.snapshot import Row, Snapshot

SINGULAR = {"locations": "location"}
SUBJECT_OF_ROW: dict[str, Callable[[Row], str]] = {  # room: how a versioned row's subject is called, by its pk and sk
    "orders": lambda row: f"order#{row['pk']}" if row["sk"] == "order" else f"draft#{row['pk']}",
    "stock": lambda row: f"transfer#{row['pk']}",
    "payments": lambda row: f"shift#{row['pk']}",
    "customers": lambda row: f"customer#{row['pk']}",
    "catalog": lambda row: row["pk"] if row["sk"] == "product" else f"channel#{row['sk']}",
    "channels": lambda row: f"placement#{row['sk']}",
    "pricing": lambda row: row["pk"],
    "places": lambda row: f"{SINGULAR.get(row['pk'], row['pk'])}#{row['sk']}",
}


def o2_sequences_have_no_gap(snapshot: Snapshot) -> list[str]:
    """For each subject the sequences are 1..n, and its row's version = n and journal_hash = the hash of entry n."""
    wrong = []
    for subject, entries in snapshot.journal.items():
        if [entry["sequence"] for entry in entries] != list(range(1, len(entries) + 1)):
            wrong.append(f"{subject}: its journal has gaps or begins late")
    for subject, version, hashed in _journal_heads(snapshot):
        entries = snapshot.journal.get(subject, [])
        last = hash_entry(entries[-1]) if entries else ""
        if (version, hashed) != (len(entries), last):
            wrong.append(f"{subject} is at version {version}, its journal at {len(entries)}, or their hashes differ")
    return wrong


def _journal_heads(snapshot: Snapshot) -> Iterator[tuple[str, int, str]]:
    for room, name in SUBJECT_OF_ROW.items():
        for row in snapshot.rows[room]:
            if _is_open_shift_copy(row):
                continue
            if "journal_hash" in row:
                yield name(row), row["version"], row["journal_hash"]
            elif isinstance(row.get("version"), str):  # a draft keeps both in one
                version, _, hashed = row["version"].partition("#")
                yield name(row), int(version), hashed


def _is_open_shift_copy(row: Row) -> bool:
    return str(row["pk"]).startswith("shift#open#")


def a1_each_entry_holds_the_previous_hash(snapshot: Snapshot) -> list[str]:
    """previous_n = H(entry_{n−1}), none for the first; each entry names who did it."""
    wrong = []
    for subject, entries in snapshot.journal.items():
        before = None
        for entry in entries:
            if entry.get("previous") != before:
                wrong.append(f"{subject} {entry['sequence']}: does not follow from the entry before it")
            if not entry.get("actor"):
                wrong.append(f"{subject} {entry['sequence']}: nobody did it")
            before = hash_entry(entry)
    return wrong


_hashed_fields = itemgetter("subject", "sequence", "event_id", "kind", "schema_version", "occurred_at", "actor")


def hash_entry(entry: Row) -> str:
    """Worked out again from the row, so that a change in the code that makes it is noticed too."""
    fields = _hashed_fields(entry)
    return _hash_values(*fields, entry.get("channel"), entry["body"], entry.get("previous"))


@lru_cache(maxsize=8_192)
def _hash_values(*fields: Any) -> str:
    return hashlib.sha256(to_json(fields)).hexdigest()[:32]


RULES = (o2_sequences_have_no_gap, a1_each_entry_holds_the_previous_hash)
