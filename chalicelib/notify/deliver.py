"""Telling people of one event: their inboxes, the claims and the budget in one commit, and only then the carriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.kit import clock, db, log
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.journal import JournalEntry
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

MAX_RECIPIENTS_PER_COMMIT = (
    24  # recipients in one transaction: an inbox row, a claim and a counter each, and DynamoDB takes 100
)
UNANSWERED = Notice("owner", "unheard", ("email", "sms"), needs_acknowledgement=True)


def deliver_messages(told: JournalEntry) -> None:
    """Hearing of the same event again changes nothing and sends nothing."""
    messages = [message for message in recipients.build_messages(told) if is_deliverable(message)]
    for part, start in enumerate(range(0, len(messages), MAX_RECIPIENTS_PER_COMMIT)):
        group = messages[start : start + MAX_RECIPIENTS_PER_COMMIT]
        try:
            send_attempts(commit_attempts(group, store.record_notified(told, part, group, clock.now())))
        except AlreadyNotified:
            log.info("event_already_notified", event_id=told.event_id, kind=told.kind)


def is_deliverable(message: Message) -> bool:
    """Staff always have an inbox to look into; a customer out of every carrier's reach has nothing."""
    return not message.recipient.is_customer or find_step_from(message, 0) is not None


def commit_attempts(messages: Sequence[Message], *once: Write) -> list[Attempt]:
    """Whoever has no SMS left today is reached over the next channel instead, in the same commit as all others."""
    attempts, now = [build_first_attempt(message) for message in messages], clock.now()
    while True:
        kept = [store.put_notice(each, now) for each in attempts]
        try:
            db.commit([*once, *kept, *build_send_writes(attempts)])
            return attempts
        except BudgetSpent as spent:
            attempts = [without_sms(each, spent.facts["budget"]) for each in attempts]


def build_first_attempt(message: Message) -> Attempt:
    return Attempt(message, None if message.notice.inbox_first else find_step_from(message, 0))


def find_step_from(message: Message, after: int) -> int | None:
    return find_next_step(message.escalation_channels, after, message.recipient, send_message.load_sms_limits())


def build_send_writes(attempts: Sequence[Attempt]) -> list[Write]:
    now, going = clock.now(), [each for each in attempts if each.is_external]
    return [*(store.claim(each, now) for each in going), *store.spend(going, send_message.load_sms_limits(), now)]


def without_sms(attempt: Attempt, spent: str) -> Attempt:
    """`spent` names the budget that has nothing left."""
    if attempt.channel != "sms" or spent not in store.list_budgets(
        attempt.message.recipient, send_message.load_sms_limits()
    ):
        return attempt
    log.warning("sms_limit_reached", event_id=attempt.message.event_id, kind=attempt.message.notice.template)
    return replace(attempt, step=find_step_from(attempt.message, attempt.step_index + 1))


def send_attempts(attempts: Sequence[Attempt]) -> None:
    """Sends what was claimed and writes down what became of it; what did not go out climbs at once."""
    outcomes = [(attempt, send_message.send_message(attempt)) for attempt in attempts if attempt.is_external]
    now = clock.now()
    writes = [store.finish(attempt, status, now) for attempt, status in outcomes]
    writes += [
        store.remove_from_waiting(each.party, each.message.event_id)
        for each, status in outcomes
        if is_settled(each, status)
    ]
    if writes:
        db.commit(writes)
    for attempt, status in outcomes:
        if status != SendStatus.SENT:
            try_next_channel(attempt.message, attempt.step_index + 1)


def is_settled(attempt: Attempt, status: SendStatus) -> bool:
    return status == SendStatus.SENT and not attempt.message.notice.needs_acknowledgement


def try_next_channel(message: Message, after: int) -> None:
    """Over the next channel that reaches this recipient; at the ladder's end the notice rests in the inbox."""
    step = find_step_from(message, after)
    if step is None:
        db.commit([store.remove_from_waiting(message.party, message.event_id)])
        return
    attempt = Attempt(message, step)
    try:
        going = commit_next_attempt(attempt, store.record_escalation(attempt, clock.now()))
    except (BudgetSpent, AlreadySending):
        try_next_channel(message, step + 1)
        return
    except StaleVersion:
        return  # acknowledged in between
    send_attempts(going)


def commit_next_attempt(attempt: Attempt, rung: Write) -> list[Attempt]:
    """What leaves the house by it. The rung is written in the same commit: whoever dies behind it would have climbed
    past somebody who was never told."""
    if attempt.channel == "owner":
        return notify_owner(attempt.message, rung)
    db.commit([rung, *build_send_writes([attempt])])
    return [attempt]


def notify_owner(message: Message, rung: Write) -> list[Attempt]:
    """The last rung: somebody does not answer and the owner should know; once for an event, however many are silent."""
    try:
        return commit_attempts([build_unanswered_message(message)], rung)
    except AlreadyNotified:
        log.info("event_already_notified", event_id=message.event_id, kind="unheard")
        db.commit([rung])
        return []


def build_unanswered_message(message: Message) -> Message:
    return replace(message, recipient=recipients.role_to_recipient("owner"), notice=UNANSWERED)
