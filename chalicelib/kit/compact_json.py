"""JSON without whitespace in UTF-8, as rows and responses hold it, plain or compressed with zlib."""

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


def decompress(data: bytes) -> Any:
    return from_json(zlib.decompress(data))
