"""The one place that asks what time it is; rules are told `now`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - tests and simulators set their own


def now() -> datetime:
    """Aware UTC, cut to the millisecond, because that is what is stored and shown."""
    instant = source()
    over = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - over) if over else instant


@lru_cache(maxsize=256)
def iso(instant: datetime) -> str:
    """`2026-11-22T09:15:00.000Z`: sorts as text. Remembered, for one commit writes its instant many times over."""
    return _in_utc(instant).isoformat(timespec="milliseconds")[:-6] + "Z"  # for +00:00


def parse(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} names no zone; write Z at its end for UTC")
    return _in_utc(instant)


def _in_utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def day_of(instant: datetime, zone: str) -> date:
    """The calendar day at a location: WIB is Asia/Jakarta, WITA Asia/Makassar, WIT Asia/Jayapura."""
    return instant.astimezone(ZoneInfo(zone)).date()


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
