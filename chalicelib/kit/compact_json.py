"""JSON as rows and answers store it: no blanks, UTF-8; `pack` compresses it."""

from __future__ import annotations

import zlib
from typing import Any

from pydantic_core import from_json, to_json


def dumps(value: Any) -> str:
    return to_json(value).decode()


def loads(text: str | bytes) -> Any:
    return from_json(text)


def compress(value: Any) -> bytes:
    return zlib.compress(to_json(value))


def decompress(packed: bytes) -> Any:
    return from_json(zlib.decompress(packed))
