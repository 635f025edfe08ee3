"""What a piece of work asks of DynamoDB: its calls, and the units that the engine says they took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from chalicelib.kit import db

READS = {"GetItem", "BatchGetItem", "Query", "Scan"}
ASKED = {"TransactWriteItems", *READS}


Call = Callable[[str, dict[str, Any]], Any]


@dataclass
class Meter:
    """`requests` are the calls as they were sent, in order."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    written: float = 0
    read: float = 0

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.requests]

    @property
    def reads(self) -> list[str]:
        return [name for name in self.names if name in READS]

    @property
    def transactions(self) -> list[dict[str, Any]]:
        return [params for name, params in self.requests if name == "TransactWriteItems"]

    def listens(self, usual: Call, operation: str, request: dict[str, Any]) -> Any:
        asked = {"ReturnConsumedCapacity": "INDEXES"} if operation in ASKED else {}
        self.requests.append((operation, request))
        parsed = usual(operation, request | asked)
        told = parsed.get("ConsumedCapacity") or []
        units = sum(each["CapacityUnits"] for each in (told if isinstance(told, list) else [told]))
        if operation in READS:
            self.read += units
        else:
            self.written += units
        return parsed


@contextmanager
def metered() -> Iterator[Meter]:
    """Everything that this thread's client is asked meanwhile."""
    meter, client = Meter(), db.connection().client
    usual = client._make_api_call
    with patch.object(client, "_make_api_call", lambda *asked: meter.listens(usual, *asked)):
        yield meter
