"""The handler that projects journal entries from the table's stream into the stock history."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from chalicelib.kit.effects import Effect
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.kit.events import Event
from chalicelib.kit.journal import EntryRow
from chalicelib.stock.history import find_projected, project_history

handlers = EventHandlers(__name__)


@handlers.on_dynamodb_record(stream_arn=config.stream_arn(), batch_size=100, maximum_batching_window_in_seconds=1)
def project_stock_history(event: Any) -> None:
    """Raises if the table is unavailable: the stream then delivers the records again, and a repeat changes nothing."""
    project_history(records_to_entries(event.to_dict()["Records"]))


class KindsWithMovements:
    """The event kinds that can move stock, of all event classes that are imported when one is looked up."""

    def __contains__(self, kind: object) -> bool:
        event = Event.kinds.get(str(kind))
        return event is not None and "movements" in event.__annotations__


EFFECT = Effect(
    "stock_history", KindsWithMovements(), start=lambda row: project_history([row]), find_done=find_projected
)


def records_to_entries(records: list[dict[str, Any]]) -> list[EntryRow]:
    return [
        EntryRow.from_raw_data(record["dynamodb"]["NewImage"]) for record in records if record["eventName"] == "INSERT"
    ]
