"""Starting the effects of journal entries whose messages were lost: work, notices, projections.

A sweep examines the entries of a time, found by the journal's index: each one twice, whatever their number. The second
pass finds entries that the first did not see, because the clock of the process that wrote them was behind. An entry
whose effects cannot be started is listed, tried again in every run, and shown on the owner's board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.kit import clock, db, journal, log
from chalicelib.kit.effects import Effect
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.journal import EntryRow
from chalicelib.notify import sweep_store

PAGE_SIZE = 100
MAX_PAGES = 100  # of one shard, pass and run; the next run continues
MAX_UNFINISHED = 50  # tried again in one run


@dataclass(frozen=True)
class Pass:
    """A pass over the journal. It examines entries of this age, which exceeds the usual time of a delivery."""

    name: str
    age: timedelta


FIRST_PASS = Pass("first", clock.minutes(2))
PASSES = (FIRST_PASS, Pass("second", clock.minutes(15)))


def sweep(effects: Sequence[Effect]) -> int:
    """Start the missing effects of all entries that are old enough, and return the number of entries examined."""
    retry_unfinished(effects)
    return sum(sweep_shard(effects, sweep_pass, shard) for sweep_pass in PASSES for shard in range(journal.SHARD_COUNT))


def sweep_shard(effects: Sequence[Effect], sweep_pass: Pass, shard: int) -> int:
    """Examine the next entries of a shard, page by page. A run that is cut off is continued by the next."""
    examined, position = 0, sweep_store.load_position(sweep_pass.name, shard)
    for _ in range(MAX_PAGES):
        entries = journal.list_entries(shard, position, clock.now() - sweep_pass.age, PAGE_SIZE)
        if not entries:
            break
        start_missing(effects, entries)
        examined, position = examined + len(entries), entries[-1].event_id
        try:
            db.commit([sweep_store.advance_position(sweep_pass.name, shard, position)])
        except StaleVersion:
            break  # a concurrent run is further
    return examined


def list_unexamined(limit: int) -> list[EntryRow]:
    """Return the newest entries that the first pass should have examined by now, at most `limit` per shard."""
    until = clock.now() - FIRST_PASS.age
    positions = [sweep_store.load_position(FIRST_PASS.name, shard) for shard in range(journal.SHARD_COUNT)]
    pages = [
        journal.list_entries(shard, position, until, limit, newest_first=True)
        for shard, position in enumerate(positions)
    ]
    return [entry for page in pages for entry in page]


def retry_unfinished(effects: Sequence[Effect]) -> None:
    entries = sweep_store.load_entries(sweep_store.list_unfinished(MAX_UNFINISHED))
    for event_id in start_missing(effects, entries):
        db.commit([sweep_store.delete_unfinished(event_id)])


def start_missing(effects: Sequence[Effect], entries: Sequence[EntryRow]) -> list[str]:
    """Start the missing effects of the entries; return the ids of the events whose effects all exist now.

    The others are listed as unfinished.
    """
    unfinished: dict[str, EntryRow] = {}
    for effect in effects:
        for entry in find_missing(effect, [entry for entry in entries if entry.kind in effect.kinds]):
            if not try_start(effect, entry):
                unfinished[entry.event_id] = entry
    for entry in unfinished.values():
        db.commit([sweep_store.put_unfinished(entry, clock.now())])
    return [entry.event_id for entry in entries if entry.event_id not in unfinished]


def find_missing(effect: Effect, entries: Sequence[EntryRow]) -> list[EntryRow]:
    try:
        done = effect.find_done(entries)
    except Exception as error:  # one entry that cannot be read must not hide the others
        log.error("sweep_check_failed", handler=effect.name, exception=type(error).__name__)
        done = set()
    return [entry for entry in entries if entry.event_id not in done]


def try_start(effect: Effect, entry: EntryRow) -> bool:
    """Return whether the effect exists now."""
    with log.request_scope(entry.request_id):
        try:
            effect.start(entry)
        except Exception as error:
            log.error(
                "sweep_failed",
                handler=effect.name,
                event_id=entry.event_id,
                kind=entry.kind,
                subject=entry.pk,
                exception=type(error).__name__,
            )
            return False
    return True
