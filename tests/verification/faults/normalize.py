"""Rows and answers in a form that two runs of the same request have in common: ids by the order they were drawn in,
instants by their minute, and nothing of what is computed from them."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

ULID = re.compile(r"\b([a-z]{2,4})_([0-7][0-9A-HJKMNP-TV-Z]{25})")
SHORT = re.compile(r"\bSK-[2-9A-HJ-NP-Z]{6}-[2-9A-HJ-NP-Z]")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d{3}Z|\+00:00)")
AGE = re.compile(r"(_age_seconds\W{1,4})\d+")
HASH = re.compile(r"\b[0-9a-f]{32,64}\b")
TOKEN = re.compile(r'(token"?[:=]"?|/o/)[\w.-]{20,}')
UNIX = re.compile(r"\b1[78]\d{8}\b")
Rows = dict[int, tuple[str, Any]]


def normalize_changes(before: Rows, after: Rows, *said: str) -> tuple[list[str], list[str]]:
    """What was said, and each row that went or came."""
    gone = [_row_to_text("-", *before[key]) for key in before.keys() - after.keys()]
    came = [_row_to_text("+", *after[key]) for key in after.keys() - before.keys()]
    texts = normalize_texts([*said, *gone, *came])
    return texts[: len(said)], sorted(texts[len(said) :])


def normalize_texts(texts: list[str]) -> list[str]:
    """Ids drawn during the run are numbered in their order; those computed from others keep only their kind."""
    found = {match[0]: match for text in texts for match in ULID.finditer(text)}
    drawn = sorted((name for name in found if _is_drawn(found[name][2])), key=lambda name: found[name][2])
    names = {name: f"{found[name][1]}~{number}" for number, name in enumerate(drawn)}
    return [_normalize_text(text, names) for text in texts]


def _is_drawn(ulid: str) -> bool:
    """The seeded chance counts up from nothing, so its ids have a row of zeros behind their instant."""
    return ulid[10:18] == "00000000"


def _normalize_text(text: str, names: dict[str, str]) -> str:
    text = ULID.sub(lambda match: names.get(match[0], f"{match[1]}~"), text)
    text = INSTANT.sub(r"\1", UNIX.sub("UNIX", SHORT.sub("SK", text)))
    text = AGE.sub(r"\1", text)
    return TOKEN.sub(r"\1", HASH.sub("HASH", text))


def _row_to_text(sign: str, table: str, item: Any) -> str:
    said = {name: _readable(value) for name, value in sorted(item.items())}
    return f"{sign} {table} {json.dumps(said, sort_keys=True, default=str)}"


def _readable(typed: Any) -> Any:
    (kind, value), *_ = typed.items()
    if kind != "B":
        return value
    try:
        return zlib.decompress(value).decode()
    except zlib.error:
        return value.hex()
