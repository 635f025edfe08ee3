"""The current time, and conversions of instants. Rules take `now` as an argument instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - replaced by tests and simulators


def now() -> datetime:
    """Return the current instant as aware UTC, truncated to the millisecond as it is stored and shown."""
    instant = source()
    excess = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - excess) if excess else instant


@lru_cache(maxsize=256)
def iso(instant: datetime) -> str:
    """Return `2026-11-22T09:15:00.000Z`, which sorts as text. Cached, because one commit writes one instant many
    times."""
    return _in_utc(instant).isoformat(timespec="milliseconds")[:-6] + "Z"  # instead of +00:00


def parse(text: str) -> datetime:
    """Return the instant in UTC. Raises ValueError for text that is no ISO instant or has no time zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone; add Z for UTC")
    return _in_utc(instant)


def _in_utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def day_of(instant: datetime, zone: str) -> date:
    """Return the calendar day in a zone: WIB is Asia/Jakarta, WITA Asia/Makassar, WIT Asia/Jayapura."""
    return instant.astimezone(ZoneInfo(zone)).date()


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
