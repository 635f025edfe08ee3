"""Normalize rows and responses so that two runs of the same request are equal.

Ids are numbered in the order they were generated, instants are cut to minutes, and hashes, shards, tokens and
request ids are removed.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

ULID = re.compile(r"\b([a-z]{2,4})_([0-7][0-9A-HJKMNP-TV-Z]{25})")
SHORT = re.compile(r"\bSK-[2-9A-HJ-NP-Z]{6}-[2-9A-HJ-NP-Z]")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d{3}Z|\+00:00)")
AGE = re.compile(r"(_age_seconds\W{1,4})\d+")
SHARD = re.compile(r'("shard": ")\d+')  # of a journal entry: a hash of its id
REQUEST_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
HASH = re.compile(r"\b[0-9a-f]{32,64}\b")
TOKEN = re.compile(r'((?:token|device)"?[:=]"?|/o/)[\w.-]{20,}')
UNIX = re.compile(r"\b1[78]\d{8}\b")
Rows = dict[int, tuple[str, Any]]


def normalize_changes(before: Rows, after: Rows, *texts: str) -> tuple[list[str], list[str]]:
    """Return (normalized texts, normalized rows that were removed or added)."""
    removed = [_row_to_text("-", *before[key]) for key in before.keys() - after.keys()]
    added = [_row_to_text("+", *after[key]) for key in after.keys() - before.keys()]
    normalized = normalize_texts([*texts, *removed, *added])
    return normalized[: len(texts)], sorted(normalized[len(texts) :])


def normalize_texts(texts: list[str]) -> list[str]:
    """Number the ids generated during the run in their order; ids derived from others are reduced to their prefix."""
    matches = {match[0]: match for text in texts for match in ULID.finditer(text)}
    generated = sorted((id for id in matches if _is_generated(matches[id][2])), key=lambda id: matches[id][2])
    names = {id: f"{matches[id][1]}~{number}" for number, id in enumerate(generated)}
    return [_normalize_text(text, names) for text in texts]


def _is_generated(ulid: str) -> bool:
    """Return True for ids of the replayable shop: its random bytes count up from zero, so zeros follow the time."""
    return ulid[10:18] == "00000000"


def _normalize_text(text: str, names: dict[str, str]) -> str:
    text = ULID.sub(lambda match: names.get(match[0], f"{match[1]}~"), text)
    text = INSTANT.sub(r"\1", UNIX.sub("UNIX", SHORT.sub("SK", text)))
    text = REQUEST_ID.sub("REQUEST", SHARD.sub(r"\1", AGE.sub(r"\1", text)))
    return TOKEN.sub(r"\1", HASH.sub("HASH", text))


def _row_to_text(sign: str, table: str, item: Any) -> str:
    values = {name: _readable(value) for name, value in sorted(item.items())}
    return f"{sign} {table} {json.dumps(values, sort_keys=True, default=str)}"


def _readable(typed: Any) -> Any:
    (kind, value), *_ = typed.items()
    if kind != "B":
        return value
    try:
        return zlib.decompress(value).decode()
    except zlib.error:
        return value.hex()
