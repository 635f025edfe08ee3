"""What a piece of work asks of DynamoDB: its calls, and the units that the engine says they took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import db

READS = {"GetItem", "BatchGetItem", "Query", "Scan"}
METERED = {"TransactWriteItems", *READS}


@dataclass
class Meter:
    """`requests` are the calls as they were sent, in order."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    write_units: float = 0
    read_units: float = 0

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.requests]

    @property
    def reads(self) -> list[str]:
        return [name for name in self.names if name in READS]

    @property
    def transactions(self) -> list[dict[str, Any]]:
        return [params for name, params in self.requests if name == "TransactWriteItems"]

    def before_call(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        """Asks for the units of the call too."""
        self.requests.append((model.name, params))
        return params | ({"ReturnConsumedCapacity": "INDEXES"} if model.name in METERED else {})

    def after_call(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        told = parsed.get("ConsumedCapacity") or []
        units = sum(each["CapacityUnits"] for each in (told if isinstance(told, list) else [told]))
        if model.name in READS:
            self.read_units += units
        else:
            self.write_units += units


@contextmanager
def metered() -> Iterator[Meter]:
    """Everything that this thread's client is asked meanwhile."""
    meter, events = Meter(), db.connection().client.meta.events
    handlers = {"provide-client-params.dynamodb": meter.before_call, "after-call.dynamodb": meter.after_call}
    for event, handler in handlers.items():
        events.register(event, handler)
    try:
        yield meter
    finally:
        for event, handler in handlers.items():
            events.unregister(event, handler)
