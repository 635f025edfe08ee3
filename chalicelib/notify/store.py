"""The table of notify: notices in inboxes, claims written before each send, and daily SMS budgets."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import auth, clock, compact_json, config, db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.journal import EntryRow, JournalEntry
from chalicelib.kit.row_attributes import InstantAttribute, StateAttribute
from chalicelib.notify.model import (
    AlreadyNotified,
    AlreadySending,
    BudgetSpent,
    Message,
    NoSuchNotice,
    Recipient,
    SendStatus,
    SmsLimits,
)

# Of the waiting list. Every notice passes through it, and one partition takes about 1,000 writes a second.
SHARD_COUNT = 4


class NoticeRow(IndexedRow):
    """A notice in an inbox. `pk` is the party and `sk` the event id, which sorts by time.

    It is in the waiting list, by the time of the last attempt, until it is sent, acknowledged or obsolete."""

    Meta = db.table("notify")

    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    sequence = NumberAttribute()
    at = InstantAttribute()
    facts = UnicodeAttribute(null=True, attr_name="kept")
    step = NumberAttribute(null=True)  # index of the channel that was tried last
    acknowledged_at = InstantAttribute(null=True)
    acknowledged_by = UnicodeAttribute(null=True)


class NotifiedRow(Row):
    """The parties that were notified of an event, stored under the event's subject, such as its order."""

    Meta = db.table("notify")

    kind = UnicodeAttribute()
    parties = UnicodeAttribute()
    at = InstantAttribute()


class SentRow(IndexedRow):
    """The one claim of a message on a channel: `pk` is `sent#event#party#channel`. Holds no personal data."""

    Meta = db.table("notify")

    status = StateAttribute()
    template = UnicodeAttribute()
    subject = UnicodeAttribute()
    claimed_at = InstantAttribute()
    finished_at = InstantAttribute(null=True)


class BudgetRow(Row):
    """The number of SMS sent on a day, by budget.

    `sk` is `all`, `to#` a phone number, `range#` a customer's number without its last four digits, or `from#` the
    network that a customer's orders come from; numbers are hashed with a secret key. `all` is one hot item, which
    limits the shop to about fifty SMS a second."""

    Meta = db.table("notify")

    spent = NumberAttribute(default=0)


@dataclass(frozen=True)
class Attempt:
    """A message on one of its channels, given by index. `step` is None for a notice in the inbox only."""

    message: Message
    step: int | None

    @property
    def channel(self) -> str:
        return self.message.notice.channels[self.step] if self.step is not None else ""

    @property
    def party(self) -> str:
        return self.message.party

    @property
    def step_index(self) -> int:
        return -1 if self.step is None else self.step

    @property
    def is_external(self) -> bool:
        return self.channel in ("sms", "email")


def record_notified(entry: JournalEntry, part: int, messages: Sequence[Message], at: datetime) -> Write:
    """Record the parties of one transaction. `part` numbers the transactions of an event with many recipients."""
    parties = compact_json.dumps([message.party for message in messages])
    row = NotifiedRow(entry.subject, f"{entry.event_id}#{part}", kind=entry.kind, parties=parties, at=at)
    return db.create(row, refusal=AlreadyNotified(event_id=entry.event_id))


def load_first_parties(entries: Sequence[EntryRow]) -> dict[str, list[str]]:
    """Return the parties of each event's first transaction, by event id; events without one are left out."""
    keys = {Key(NotifiedRow, entry.pk, f"{entry.event_id}#0"): entry.event_id for entry in entries}
    return {keys[key]: compact_json.loads(row.parties) for key, row in db.batch(keys).items()}


def put_notice(attempt: Attempt, at: datetime) -> Write:
    message = attempt.message
    row = NoticeRow(
        attempt.party,
        message.event_id,
        kind=message.notice.template,
        subject=message.subject,
        sequence=message.sequence,
        at=at,
        facts=compact_json.dumps(message.inbox_facts) if message.inbox_facts else None,
        step=attempt.step,
    )
    if message.can_escalate:
        row.list, row.listed_at = waiting_list_position(message.event_id, at)
    return db.create(row, refusal=AlreadyNotified(event_id=message.event_id))


def record_escalation(attempt: Attempt, at: datetime) -> Write:
    """Record the next channel, if the notice is still in the waiting list and was not acknowledged meanwhile."""
    row = NoticeRow(attempt.party, attempt.message.event_id)
    list_name, listed_at = waiting_list_position(attempt.message.event_id, at)
    actions = [NoticeRow.list.set(list_name), NoticeRow.listed_at.set(listed_at)]
    if attempt.step is not None:
        actions.append(NoticeRow.step.set(attempt.step))
    return db.update(row, *actions, when=NoticeRow.list.exists())


def remove_from_waiting(party: str, event_id: str) -> Write:
    row = NoticeRow(party, event_id)
    return db.update(row, NoticeRow.list.remove(), NoticeRow.listed_at.remove(), when=NoticeRow.pk.exists())


def acknowledge(party: str, event_id: str, staff_id: str, at: datetime) -> Write:
    row = NoticeRow(party, event_id)
    actions = [NoticeRow.acknowledged_at.set(at), NoticeRow.acknowledged_by.set(staff_id)]
    actions += [NoticeRow.list.remove(), NoticeRow.listed_at.remove()]
    return db.update(row, *actions, when=NoticeRow.pk.exists(), refusal=NoSuchNotice())


def waiting_list_position(event_id: str, since: datetime) -> tuple[str, str]:
    """Return the name of the waiting list's shard and the notice's sort key in it."""
    return waiting_list(shard_of(event_id)), f"{clock.iso(since)}#{event_id}"


def waiting_list(shard: int) -> str:
    return f"waiting#{shard}"


def shard_of(event_id: str) -> int:
    return zlib.crc32(event_id.encode()) % SHARD_COUNT


def load_waiting(since: datetime, limit: int) -> list[NoticeRow]:
    """Return the notices that wait since then or longer, at most `limit` per shard. The index lags, so writes that
    follow need their own conditions."""
    interval = ("0", clock.iso(since) + "~")
    pages = [
        db.query(NoticeRow, waiting_list(shard), index="by_list", between=interval, limit=limit).items
        for shard in range(SHARD_COUNT)
    ]
    return [row for page in pages for row in page]


def claim_send(attempt: Attempt, at: datetime) -> Write:
    message = attempt.message
    row = SentRow(
        sent_key(attempt),
        "sent",
        status=SendStatus.CLAIMED,
        template=message.notice.template,
        subject=message.subject,
        claimed_at=at,
    )
    return db.create(row, refusal=AlreadySending())


def record_outcome(attempt: Attempt, status: SendStatus, at: datetime) -> Write:
    """Record the outcome of a claimed send. Everything but `sent` is listed for the owner's board."""
    actions = [SentRow.status.set(status), SentRow.finished_at.set(at)]
    if status != SendStatus.SENT:
        actions += [SentRow.list.set("failed"), SentRow.listed_at.set(f"{clock.iso(at)}#{attempt.message.event_id}")]
    return db.update(SentRow(sent_key(attempt), "sent"), *actions, when=SentRow.status == SendStatus.CLAIMED)


def sent_key(attempt: Attempt) -> str:
    return f"sent#{attempt.message.event_id}#{attempt.party}#{attempt.channel}"


def build_budget_writes(attempts: Sequence[Attempt], sms_limits: SmsLimits, at: datetime) -> list[Write]:
    """Return one write per budget that the attempts' SMS count towards; each raises BudgetSpent.

    Messages are counted per budget first, because DynamoDB rejects a transaction that names an item twice."""
    budgets = [list_budgets(attempt.message.recipient, sms_limits) for attempt in attempts if attempt.channel == "sms"]
    counts = Counter(name for limits in budgets for name in limits)
    limit_of = {name: limit for limits in budgets for name, limit in limits.items()}
    return [_build_budget_write(name, count, limit_of[name], at) for name, count in sorted(counts.items())]


def list_budgets(recipient: Recipient, sms_limits: SmsLimits) -> dict[str, int]:
    """Return {budget: limit} of every budget that an SMS to the recipient counts towards.

    SMS-pumping fraud uses consecutive numbers and orders from one network, so customers' numbers are also limited by
    range and by network. Numbers of staff are entered by the owner and need no such limits. Sign-in codes of staff
    have a budget of their own."""
    if recipient.is_signing_in:
        number = "sign_in_" + number_key(recipient)
        return {"sign_in": sms_limits.sign_in_per_day, number: sms_limits.sign_in_per_number}
    budgets = {"all": sms_limits.per_day, number_key(recipient): sms_limits.per_recipient(recipient)}
    if recipient.is_customer:
        budgets["range#" + auth.short_token("sms-range", recipient.phone[:-4])] = sms_limits.per_range
        budgets |= {f"from#{recipient.network_id}": sms_limits.per_network} if recipient.network_id else {}
    return budgets


def number_key(recipient: Recipient) -> str:
    return "to#" + auth.short_token("sms-budget", recipient.phone)


def _build_budget_write(sk: str, count: int, limit: int, at: datetime) -> Write:
    row = BudgetRow(f"budget#sms#{clock.day_of(at, config.zone())}", sk)
    is_within_limit = BudgetRow.spent <= limit - count
    if count <= limit:  # the day's first update creates the row, which a limit of zero must refuse as well
        is_within_limit = BudgetRow.spent.does_not_exist() | is_within_limit
    return db.update(row, BudgetRow.spent.add(count), when=is_within_limit, refusal=BudgetSpent(budget=sk))


def load_inbox(party: str, before: str | None, limit: int) -> list[NoticeRow]:
    options: dict[str, Any] = {"newest_first": True, "limit": limit}
    if before:  # event ids have a fixed length, so this bound is just below `before` and excludes it
        options["between"] = ("evt_", before[:-1] + chr(ord(before[-1]) - 1) + "~")
    rows: list[NoticeRow] = db.query(NoticeRow, party, **options).items
    return rows


def load_notified(subject: str) -> list[Mapping[str, Any]]:
    """Return [{"event_id", "kind", "parties"}] of the events of a subject, oldest first."""
    rows = db.query_all(NotifiedRow, subject)
    return [
        {"event_id": row.sk.partition("#")[0], "kind": row.kind, "parties": compact_json.loads(row.parties)}
        for row in rows
    ]


def load_failed(limit: int) -> list[SentRow]:
    rows: list[SentRow] = db.query(SentRow, "failed", index="by_list", newest_first=True, limit=limit).items
    return rows
