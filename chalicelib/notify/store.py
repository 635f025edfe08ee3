"""How notices are kept: a row in somebody's inbox, a claim before each send, and the day's budget of SMS."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import auth, clock, compact_json, config, db
from chalicelib.kit.db import IndexedRow, Row, Write
from chalicelib.kit.journal import JournalEntry
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

SHARD_COUNT = (
    4  # of the waiting list: every notice passes through it, and one partition takes about 1,000 writes a second
)


class NoticeRow(IndexedRow):
    """pk is the party, sk the event: ids of events sort by time, so an inbox is one query, newest first. In the
    waiting list, since the last try, until it was sent, acknowledged or is no longer wanted."""

    Meta = db.table("notify")

    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    sequence = NumberAttribute()
    at = InstantAttribute()
    facts = UnicodeAttribute(null=True, attr_name="kept")
    step = NumberAttribute(null=True)  # the rung of the ladder tried last
    acknowledged_at = InstantAttribute(null=True)
    acknowledged_by = UnicodeAttribute(null=True)


class NotifiedRow(Row):
    """That the parties of an event were told, under the event's own subject: an order knows who heard of it."""

    Meta = db.table("notify")

    kind = UnicodeAttribute()
    parties = UnicodeAttribute()
    at = InstantAttribute()


class SentRow(IndexedRow):
    """`sent#event#party#channel`: one claim per message and channel for ever. Names no person."""

    Meta = db.table("notify")

    status = StateAttribute()
    template = UnicodeAttribute()
    subject = UnicodeAttribute()
    claimed_at = InstantAttribute()
    finished_at = InstantAttribute(null=True)


class BudgetRow(Row):
    """How many SMS went out on a day: sk is `all`, or `to#` one number, `range#` a customer's and the ten thousand
    beside it, `from#` the network his orders come from, each behind a key nobody else has. The `all` row is one hot
    item, on purpose: it gives way at some fifty SMS a second, long after any sane budget."""

    Meta = db.table("notify")

    spent = NumberAttribute(default=0)


@dataclass(frozen=True)
class Attempt:
    """A message on one rung of its ladder; no step when nothing leaves the house now."""

    message: Message
    step: int | None

    @property
    def channel(self) -> str:
        return self.message.escalation_channels[self.step] if self.step is not None else ""

    @property
    def party(self) -> str:
        return self.message.party

    @property
    def step_index(self) -> int:
        return -1 if self.step is None else self.step

    @property
    def is_external(self) -> bool:
        return self.channel in ("sms", "email")


def record_notified(told: JournalEntry, part: int, messages: Sequence[Message], at: datetime) -> Write:
    """`part` counts the groups of an event with more recipients than fit in one transaction."""
    parties = compact_json.dumps([message.party for message in messages])
    row = NotifiedRow(told.subject, f"{told.event_id}#{part}", kind=told.kind, parties=parties, at=at)
    return db.create(row, refusal=AlreadyNotified(event_id=told.event_id))


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
    if message.escalates:
        row.list, row.listed_at = waiting_list_position(message.event_id, at)
    return db.create(row, refusal=AlreadyNotified(event_id=message.event_id))


def record_escalation(attempt: Attempt, at: datetime) -> Write:
    """Only while it waits: acknowledged in between means nobody is bothered any more."""
    row = NoticeRow(attempt.party, attempt.message.event_id)
    place, listed_at = waiting_list_position(attempt.message.event_id, at)
    actions = [NoticeRow.list.set(place), NoticeRow.listed_at.set(listed_at)]
    if attempt.step is not None:
        actions.append(NoticeRow.step.set(attempt.step))
    return db.update(row, *actions, when=NoticeRow.list.exists())


def remove_from_waiting(party: str, event_id: str) -> Write:
    row = NoticeRow(party, event_id)
    return db.update(row, NoticeRow.list.remove(), NoticeRow.listed_at.remove(), when=NoticeRow.pk.exists())


def acknowledge(party: str, event_id: str, by: str, at: datetime) -> Write:
    row = NoticeRow(party, event_id)
    actions = [NoticeRow.acknowledged_at.set(at), NoticeRow.acknowledged_by.set(by)]
    actions += [NoticeRow.list.remove(), NoticeRow.listed_at.remove()]
    return db.update(row, *actions, when=NoticeRow.pk.exists(), refusal=NoSuchNotice())


def waiting_list_position(event_id: str, since: datetime) -> tuple[str, str]:
    """The list that a notice waits in, and its place there."""
    return waiting_list(shard_of(event_id)), f"{clock.iso(since)}#{event_id}"


def waiting_list(shard: int) -> str:
    return f"waiting#{shard}"


def shard_of(event_id: str) -> int:
    return zlib.crc32(event_id.encode()) % SHARD_COUNT


def load_waiting(since: datetime, limit: int) -> list[NoticeRow]:
    """Those that wait since then or longer. The index lags; every write that follows has a condition of its own."""
    until = ("0", clock.iso(since) + "~")
    pages = [
        db.query(NoticeRow, waiting_list(shard), index="by_list", between=until, limit=limit).items
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
    """What failed goes on the owner's board; what went well leaves no trace in any list."""
    actions = [SentRow.status.set(status), SentRow.finished_at.set(at)]
    if status != SendStatus.SENT:
        actions += [SentRow.list.set("failed"), SentRow.listed_at.set(f"{clock.iso(at)}#{attempt.message.event_id}")]
    return db.update(SentRow(sent_key(attempt), "sent"), *actions, when=SentRow.status == SendStatus.CLAIMED)


def sent_key(attempt: Attempt) -> str:
    return f"sent#{attempt.message.event_id}#{attempt.party}#{attempt.channel}"


def build_budget_writes(attempts: Sequence[Attempt], allowed: SmsLimits, at: datetime) -> list[Write]:
    """Two messages to one number are one step of its counter, since a transaction takes no item twice."""
    budgets = [list_budgets(each.message.recipient, allowed) for each in attempts if each.channel == "sms"]
    counts = Counter(name for each in budgets for name in each)
    limits = {name: limit for each in budgets for name, limit in each.items()}
    return [_spend_budget(name, count, limits[name], at) for name, count in sorted(counts.items())]


def list_budgets(recipient: Recipient, allowed: SmsLimits) -> dict[str, int]:
    """Every counter that an SMS to him moves, with its limit. Who earns on messages to numbers of his own has a whole
    range of them, and orders from one place; whose numbers staff have is the owner's word."""
    found = {"all": allowed.per_day, number_key(recipient): allowed.per_recipient(recipient)}
    if recipient.is_customer:
        found["range#" + auth.short_token("sms-range", recipient.phone[:-4])] = allowed.per_range
        found |= {f"from#{recipient.caller}": allowed.per_caller} if recipient.caller else {}
    return found


def number_key(recipient: Recipient) -> str:
    return "to#" + auth.short_token("sms-budget", recipient.phone)


def _spend_budget(sk: str, count: int, limit: int, at: datetime) -> Write:
    row = BudgetRow(f"budget#sms#{clock.day_of(at, config.zone())}", sk)
    room = BudgetRow.spent <= limit - count
    if count <= limit:  # the first of a day makes the row; a limit of none must not let even that one pass
        room = BudgetRow.spent.does_not_exist() | room
    return db.update(row, BudgetRow.spent.add(count), when=room, refusal=BudgetSpent(budget=sk))


def load_inbox(party: str, before: str | None, limit: int) -> list[NoticeRow]:
    options: dict[str, Any] = {"newest_first": True, "limit": limit}
    if before:  # ids of events are 30 characters, so this is "just below" and excludes the one shown last
        options["between"] = ("evt_", before[:-1] + chr(ord(before[-1]) - 1) + "~")
    rows: list[NoticeRow] = db.query(NoticeRow, party, **options).items
    return rows


def load_notified(subject: str) -> list[Mapping[str, Any]]:
    """Who heard of what, by event: [{"event_id", "kind", "parties"}]."""
    rows = db.query_all(NotifiedRow, subject)
    return [
        {"event_id": row.sk.partition("#")[0], "kind": row.kind, "parties": compact_json.loads(row.parties)}
        for row in rows
    ]


def load_failed(limit: int) -> list[SentRow]:
    rows: list[SentRow] = db.query(SentRow, "failed", index="by_list", newest_first=True, limit=limit).items
    return rows
