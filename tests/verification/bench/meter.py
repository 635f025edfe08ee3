"""Record the DynamoDB calls of a block of code, with the consumed units that the engine reports."""

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
    """The calls in order, as (operation, parameters), and their consumed units."""

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
        """Record the call and request its consumed capacity."""
        self.requests.append((model.name, params))
        return params | ({"ReturnConsumedCapacity": "INDEXES"} if model.name in METERED else {})

    def after_call(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        capacity = parsed.get("ConsumedCapacity") or []
        units = sum(table["CapacityUnits"] for table in (capacity if isinstance(capacity, list) else [capacity]))
        if model.name in READS:
            self.read_units += units
        else:
            self.write_units += units


@contextmanager
def metered() -> Iterator[Meter]:
    """Meter the calls of this thread's client until the block ends."""
    meter, events = Meter(), db.connection().client.meta.events
    handlers = {"provide-client-params.dynamodb": meter.before_call, "after-call.dynamodb": meter.after_call}
    for event, handler in handlers.items():
        events.register(event, handler)
    try:
        yield meter
    finally:
        for event, handler in handlers.items():
            events.unregister(event, handler)
