"""The journal is complete: no entry is missing or changed, and each row matches the last entry of its subject."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from infra.invariants.snapshot import Row, Snapshot

SINGULAR = {"locations": "location"}
SUBJECT_OF_ROW: dict[str, Callable[[Row], str]] = {  # the journal subject of a versioned row, by package
    "orders": lambda row: f"order#{row['pk']}" if row["sk"] == "order" else f"draft#{row['pk']}",
    "stock": lambda row: f"transfer#{row['pk']}",
    "payments": lambda row: f"shift#{row['pk']}",
    "customers": lambda row: f"customer#{row['pk']}",
    "catalog": lambda row: row["pk"] if row["sk"] == "product" else f"channel#{row['sk']}",
    "channels": lambda row: f"placement#{row['sk']}",
    "pricing": lambda row: row["pk"],
    "sessions": lambda row: row["sk"],
    "places": lambda row: f"{SINGULAR.get(row['pk'], row['pk'])}#{row['sk']}",
}


def o2_sequences_have_no_gap(snapshot: Snapshot) -> list[str]:
    """For each subject the sequences are 1..n, and its row's version = n and journal_hash = the hash of entry n."""
    violations = []
    for subject, entries in snapshot.journal.items():
        if [entry["sequence"] for entry in entries] != list(range(1, len(entries) + 1)):
            violations.append(f"{subject}: its sequence numbers have a gap or do not begin at 1")
    for subject, version, journal_hash in _journal_heads(snapshot):
        entries = snapshot.journal.get(subject, [])
        last_hash = hash_entry(entries[-1]) if entries else ""
        if (version, journal_hash) != (len(entries), last_hash):
            count = len(entries)
            violations.append(f"{subject} is at version {version}, its journal at {count}, or their hashes differ")
    return violations


def _journal_heads(snapshot: Snapshot) -> Iterator[tuple[str, int, str]]:
    """The subject, version and journal hash that each versioned row stores."""
    for package, subject_of in SUBJECT_OF_ROW.items():
        for row in snapshot.rows[package]:
            if _is_open_shift_copy(row):
                continue
            if "journal_hash" in row:
                yield subject_of(row), row["version"], row["journal_hash"]
            elif isinstance(row.get("version"), str):  # a draft stores version and hash in one attribute
                version, _, journal_hash = row["version"].partition("#")
                yield subject_of(row), int(version), journal_hash


def _is_open_shift_copy(row: Row) -> bool:
    return str(row["pk"]).startswith("shift#open#")


def a1_each_entry_holds_the_previous_hash(snapshot: Snapshot) -> list[str]:
    """previous_n = H(entry_{n−1}), none for the first; each entry names its actor."""
    violations = []
    for subject, entries in snapshot.journal.items():
        previous = None
        for entry in entries:
            if entry.get("previous") != previous:
                violations.append(f"{subject} {entry['sequence']}: does not hold the hash of the entry before it")
            if not entry.get("actor"):
                violations.append(f"{subject} {entry['sequence']}: has no actor")
            previous = hash_entry(entry)
    return violations


_hashed_fields = itemgetter("subject", "sequence", "event_id", "kind", "schema_version", "occurred_at", "actor")


def hash_entry(entry: Row) -> str:
    """Hash a stored entry. Independent of the product's code, so that an error there is noticed too."""
    values = _hashed_fields(entry)
    return _hash_values(*values, entry.get("channel"), entry["body"], entry.get("previous"))


@lru_cache(maxsize=8_192)
def _hash_values(*values: Any) -> str:
    return hashlib.sha256(to_json(values)).hexdigest()[:32]


RULES = (o2_sequences_have_no_gap, a1_each_entry_holds_the_previous_hash)
