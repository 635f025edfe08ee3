"""Delivering the messages of one event: inbox rows, claims and budgets in one commit, and only then SMS and e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.kit import clock, db, log
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.journal import EntryRow, JournalEntry
from chalicelib.notify import recipients, send_message, store
from chalicelib.notify.model import (
    AlreadyNotified,
    AlreadySending,
    BudgetSpent,
    Message,
    Notice,
    SendStatus,
    find_next_step,
)
from chalicelib.notify.store import Attempt

# Each recipient takes an inbox row, a claim and SMS counters, and a transaction holds 100 writes.
MAX_RECIPIENTS_PER_COMMIT = 24
# Built by `build_unanswered_message` and not from an event, so "owner" is no rule of `recipients.RULES`.
UNANSWERED = Notice("owner", "unheard", ("email", "sms"), needs_acknowledgement=True)


def deliver_messages(entry: JournalEntry) -> None:
    """Notify everyone the event concerns. Delivering the same event again is a no-op."""
    messages = [message for message in recipients.build_messages(entry) if is_deliverable(message)]
    for part, start in enumerate(range(0, len(messages), MAX_RECIPIENTS_PER_COMMIT)):
        group = messages[start : start + MAX_RECIPIENTS_PER_COMMIT]
        try:
            send_attempts(commit_attempts(group, store.record_notified(entry, part, group, clock.now())))
        except AlreadyNotified:
            log.info("event_already_notified", event_id=entry.event_id, kind=entry.kind)


def find_notified(entries: Sequence[EntryRow]) -> set[str]:
    """Return the ids of the events whose recipients were certainly all notified.

    An event with a full first commit may have more, and one without recipients has no record.
    """
    parties = store.load_first_parties(entries)
    return {event_id for event_id, first in parties.items() if len(first) < MAX_RECIPIENTS_PER_COMMIT}


def is_deliverable(message: Message) -> bool:
    """Staff always have an inbox; a customer needs a channel that reaches them."""
    return not message.recipient.is_customer or find_step_from(message, 0) is not None


def commit_attempts(messages: Sequence[Message], *writes: Write) -> list[Attempt]:
    """Commit the first attempt of each message, together with `writes`, and return the attempts.

    Where a budget of SMS is spent, the next channel is used, in the same commit. Raises AlreadyNotified."""
    attempts, now = [build_first_attempt(message) for message in messages], clock.now()
    while True:
        notices = [store.put_notice(attempt, now) for attempt in attempts]
        try:
            db.commit([*writes, *notices, *build_send_writes(attempts)])
            return attempts
        except BudgetSpent as refused:
            attempts = [without_sms(attempt, refused.facts["budget"]) for attempt in attempts]


def build_first_attempt(message: Message) -> Attempt:
    return Attempt(message, None if message.notice.inbox_first else find_step_from(message, 0))


def find_step_from(message: Message, start: int) -> int | None:
    return find_next_step(message.notice.channels, start, message.recipient, send_message.load_sms_limits())


def build_send_writes(attempts: Sequence[Attempt]) -> list[Write]:
    now, external = clock.now(), [attempt for attempt in attempts if attempt.is_external]
    return [
        *(store.claim_send(attempt, now) for attempt in external),
        *store.build_budget_writes(external, send_message.load_sms_limits(), now),
    ]


def without_sms(attempt: Attempt, budget: str) -> Attempt:
    """Return the attempt on its next channel if it is an SMS that counts towards `budget`, which is spent."""
    if attempt.channel != "sms":
        return attempt
    if budget not in store.list_budgets(attempt.message.recipient, send_message.load_sms_limits()):
        return attempt
    log.warning("sms_limit_reached", event_id=attempt.message.event_id, kind=attempt.message.notice.template)
    return replace(attempt, step=find_step_from(attempt.message, attempt.step_index + 1))


def send_attempts(attempts: Sequence[Attempt]) -> None:
    """Send the committed attempts and record their outcomes. What was not sent goes to the next channel immediately."""
    outcomes = [(attempt, send_message.send_message(attempt)) for attempt in attempts if attempt.is_external]
    now = clock.now()
    writes = [store.record_outcome(attempt, status, now) for attempt, status in outcomes]
    writes += [
        store.remove_from_waiting(attempt.party, attempt.message.event_id)
        for attempt, status in outcomes
        if is_settled(attempt, status)
    ]
    if writes:
        db.commit(writes)
    for attempt, status in outcomes:
        if status != SendStatus.SENT:
            try_next_channel(attempt.message, attempt.step_index + 1)


def is_settled(attempt: Attempt, status: SendStatus) -> bool:
    return status == SendStatus.SENT and not attempt.message.notice.needs_acknowledgement


def try_next_channel(message: Message, start: int) -> None:
    """Send over the first channel from `start` on that reaches the recipient. If there is none, the notice stays in the
    inbox and is no longer escalated."""
    step = find_step_from(message, start)
    if step is None:
        db.commit([store.remove_from_waiting(message.party, message.event_id)])
        return
    attempt = Attempt(message, step)
    try:
        attempts = commit_next_attempt(attempt, store.record_escalation(attempt, clock.now()))
    except (BudgetSpent, AlreadySending):
        try_next_channel(message, step + 1)
        return
    except StaleVersion:
        return  # acknowledged since it was read
    send_attempts(attempts)


def commit_next_attempt(attempt: Attempt, escalation: Write) -> list[Attempt]:
    """Commit the escalation and return the attempts to send. The claims are in the same commit, because a process that
    dies between two commits would leave a channel marked as used over which no message was claimed."""
    if attempt.channel == "owner":
        return notify_owner(attempt.message, escalation)
    db.commit([escalation, *build_send_writes([attempt])])
    return [attempt]


def notify_owner(message: Message, escalation: Write) -> list[Attempt]:
    """Notify the owner that a recipient has not acknowledged, once per event even if several recipients do not."""
    try:
        return commit_attempts([build_unanswered_message(message)], escalation)
    except AlreadyNotified:
        log.info("event_already_notified", event_id=message.event_id, kind="unheard")
        db.commit([escalation])
        return []


def build_unanswered_message(message: Message) -> Message:
    return replace(message, recipient=recipients.role_to_recipient("owner"), notice=UNANSWERED)
