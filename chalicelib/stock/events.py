"""The stream's door: every journal entry that moved stock is told again in its levels' histories."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from chalicelib.kit.journal import Entry
from chalicelib.kit.listen import Listeners
from chalicelib.stock.history import project

events = Listeners(__name__)


@events.on_dynamodb_record(stream_arn=config.stream_arn(), batch_size=100, maximum_batching_window_in_seconds=1)
def keep_history(event: Any) -> None:
    """Raises when the store is away: the same records come again, and a repeat is harmless."""
    project(entries_of(event.to_dict()["Records"]))


def entries_of(records: list[dict[str, Any]]) -> list[Entry]:
    return [Entry.from_raw_data(each["dynamodb"]["NewImage"]) for each in records if each["eventName"] == "INSERT"]
