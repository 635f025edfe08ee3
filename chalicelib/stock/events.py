"""The handler that projects journal entries from the table's stream into the stock history."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.kit.journal import EntryRow
from chalicelib.stock.history import project_history

handlers = EventHandlers(__name__)


@handlers.on_dynamodb_record(stream_arn=config.stream_arn(), batch_size=100, maximum_batching_window_in_seconds=1)
def project_stock_history(event: Any) -> None:
    """Raises if the table is unavailable: the stream then delivers the records again, and a repeat changes nothing."""
    project_history(records_to_entries(event.to_dict()["Records"]))


def records_to_entries(records: list[dict[str, Any]]) -> list[EntryRow]:
    return [
        EntryRow.from_raw_data(record["dynamodb"]["NewImage"]) for record in records if record["eventName"] == "INSERT"
    ]
