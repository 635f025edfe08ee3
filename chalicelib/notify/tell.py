"""Telling people of one event: their inboxes, the claims and the budget in one commit, and only then the carriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.kit import clock, db, log
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved
from chalicelib.kit.journal import JournalEntry
from chalicelib.notify import audience, carriers, store
from chalicelib.notify.model import AlreadySending, AlreadyTold, BudgetSpent, Message, Notice, SendStatus, next_step
from chalicelib.notify.store import Attempt

MOST_TOGETHER = 24  # recipients in one transaction: an inbox row, a claim and a counter each, and DynamoDB takes 100
UNHEARD = Notice("owner", "unheard", ("email", "sms"), answer=True)


def tell(told: JournalEntry) -> None:
    """Hearing of the same event again changes nothing and sends nothing."""
    messages = [message for message in audience.messages(told) if can_hear(message)]
    for part, start in enumerate(range(0, len(messages), MOST_TOGETHER)):
        group = messages[start : start + MOST_TOGETHER]
        try:
            carry(announce(group, store.tell_once(told, part, group, clock.now())))
        except AlreadyTold:
            log.decision("told before", event_id=told.event_id, kind=told.kind)


def can_hear(message: Message) -> bool:
    """Staff always have an inbox to look into; a customer out of every carrier's reach has nothing."""
    return not message.recipient.is_customer or step_from(message, 0) is not None


def announce(messages: Sequence[Message], *once: Write) -> list[Attempt]:
    """Whoever has no SMS left today is reached over the next channel instead, in the same commit as all others."""
    attempts, now = [first_attempt(message) for message in messages], clock.now()
    while True:
        kept = [store.put_notice(each, now) for each in attempts]
        try:
            db.commit([*once, *kept, *leaving(attempts)])
            return attempts
        except BudgetSpent as spent:
            attempts = [without_sms(each, spent.facts["budget"]) for each in attempts]


def first_attempt(message: Message) -> Attempt:
    return Attempt(message, None if message.notice.patient else step_from(message, 0))


def step_from(message: Message, after: int) -> int | None:
    return next_step(message.ladder, after, message.recipient, carriers.allowed())


def leaving(attempts: Sequence[Attempt]) -> list[Write]:
    now, going = clock.now(), [each for each in attempts if each.leaves]
    return [*(store.claim(each, now) for each in going), *store.spend(going, carriers.allowed(), now)]


def without_sms(attempt: Attempt, spent: str) -> Attempt:
    """`spent` names the budget that has nothing left."""
    if attempt.channel != "sms" or spent not in store.budgets_of(attempt.message.recipient, carriers.allowed()):
        return attempt
    log.warning("no SMS left", event_id=attempt.message.event_id, kind=attempt.message.notice.template)
    return replace(attempt, step=step_from(attempt.message, attempt.rung + 1))


def carry(attempts: Sequence[Attempt]) -> None:
    """Sends what was claimed and writes down what became of it; what did not go out climbs at once."""
    outcomes = [(attempt, carriers.send(attempt)) for attempt in attempts if attempt.leaves]
    now = clock.now()
    writes = [store.finish(attempt, status, now) for attempt, status in outcomes]
    writes += [store.settle(each.party, each.message.event_id) for each, status in outcomes if settles(each, status)]
    if writes:
        db.commit(writes)
    for attempt, status in outcomes:
        if status != SendStatus.SENT:
            climb(attempt.message, attempt.rung + 1)


def settles(attempt: Attempt, status: SendStatus) -> bool:
    return status == SendStatus.SENT and not attempt.message.notice.answer


def climb(message: Message, after: int) -> None:
    """Over the next channel that reaches this recipient; at the ladder's end the notice rests in the inbox."""
    step = step_from(message, after)
    if step is None:
        db.commit([store.settle(message.party, message.event_id)])
        return
    attempt = Attempt(message, step)
    try:
        going = reach(attempt, store.climb_to(attempt, clock.now()))
    except (BudgetSpent, AlreadySending):
        climb(message, step + 1)
        return
    except Moved:
        return  # acknowledged in between
    carry(going)


def reach(attempt: Attempt, rung: Write) -> list[Attempt]:
    """What leaves the house by it. The rung is written in the same commit: whoever dies behind it would have climbed
    past somebody who was never told."""
    if attempt.channel == "owner":
        return tell_owner(attempt.message, rung)
    db.commit([rung, *leaving([attempt])])
    return [attempt]


def tell_owner(message: Message, rung: Write) -> list[Attempt]:
    """The last rung: somebody does not answer and the owner should know; once for an event, however many are silent."""
    try:
        return announce([unheard(message)], rung)
    except AlreadyTold:
        log.decision("told before", event_id=message.event_id, kind="unheard")
        db.commit([rung])
        return []


def unheard(message: Message) -> Message:
    return replace(message, recipient=audience.office("owner"), notice=UNHEARD)
