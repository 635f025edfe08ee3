"""When nobody acknowledged, or a sender died in sending: the next channel, the next person, or quiet if it is done."""

from __future__ import annotations

from chalicelib.kit import clock, db, journal, log
from chalicelib.kit.journal import Entry
from chalicelib.notify import audience, carriers, store
from chalicelib.notify.model import Message
from chalicelib.notify.store import NoticeRow
from chalicelib.notify.tell import climb, unheard

MOST_AT_ONCE = 200  # in one minute's run of a shard; what is left waits for the next


def escalate() -> int:
    """How many notices were looked at. One that fails is tried again in a minute and holds up no other."""
    rows = store.load_waiting(clock.now() - carriers.patience(), MOST_AT_ONCE)
    for row in rows:
        try:
            remind(row)
        except Exception as error:
            log.bug("a notice could not climb", event_id=row.sk, kind=row.kind, exception=type(error).__name__)
    return len(rows)


def remind(row: NoticeRow) -> None:
    message = still_wanted(row)
    if message is None:
        db.commit([store.settle(row.pk, row.sk)])
        return
    log.decision("nobody answered", event_id=row.sk, kind=row.kind)
    climb(message, 0 if row.step is None else int(row.step) + 1)


def still_wanted(row: NoticeRow) -> Message | None:
    """Asks the event again whom it concerns: an offer that was claimed, or work that was begun, concerns nobody."""
    messages = audience.messages(journal.to_journal_entry(entry_of(row)))
    if row.kind == "unheard":
        return unheard(messages[0]) if messages else None
    return next((message for message in messages if message.party == row.pk), None)


def entry_of(row: NoticeRow) -> Entry:
    entry: Entry | None = db.get(Entry, row.subject, int(row.sequence))
    if entry is None:
        raise LookupError(f"no journal entry {row.subject} {row.sequence}")
    return entry
