"""Escalating notices that were not acknowledged, or whose sending crashed, to the next channel or to the owner."""

from __future__ import annotations

from chalicelib.kit import clock, db, journal, log
from chalicelib.kit.journal import EntryRow
from chalicelib.notify import recipients, send_message, store
from chalicelib.notify.deliver import build_unanswered_message, try_next_channel
from chalicelib.notify.model import Message
from chalicelib.notify.store import NoticeRow

BATCH_SIZE = 200  # per shard and run; the rest waits for the next run, a minute later


def escalate() -> int:
    """Escalate all notices whose acknowledgement timeout has passed and return their number. A failure is logged,
    skipped and retried in the next run."""
    rows = store.load_waiting(clock.now() - send_message.acknowledge_timeout(), BATCH_SIZE)
    for row in rows:
        try:
            escalate_notice(row)
        except Exception as error:
            log.error("escalation_failed", event_id=row.sk, kind=row.kind, exception=type(error).__name__)
    return len(rows)


def escalate_notice(row: NoticeRow) -> None:
    message = find_current_message(row)
    if message is None:
        db.commit([store.remove_from_waiting(row.pk, row.sk)])
        return
    log.info("notice_escalated", event_id=row.sk, kind=row.kind)
    try_next_channel(message, 0 if row.step is None else int(row.step) + 1)


def find_current_message(row: NoticeRow) -> Message | None:
    """Build the notice's message again from its event, or return None if the event no longer concerns the recipient,
    for example because the offer was claimed."""
    messages = recipients.build_messages(journal.row_to_entry(load_entry(row)))
    if row.kind == "unheard":
        return build_unanswered_message(messages[0]) if messages else None
    return next((message for message in messages if message.party == row.pk), None)


def load_entry(row: NoticeRow) -> EntryRow:
    entry: EntryRow | None = db.get(EntryRow, row.subject, int(row.sequence))
    if entry is None:
        raise LookupError(f"no journal entry {row.subject} {row.sequence}")
    return entry
