"""Every listener under every fault at every of its sends: what it did not take comes again, and then once too often.

The news are those that the doors' own requests make, and what comes of them, each with the world as it was then.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from app import app
from chalicelib.kit import config, journal
from chalicelib.kit.journal import EntryRow
from chalicelib.notify.escalate import escalate
from chalicelib.notify.stream import topic_of
from infra.local import schedule
from infra.local.invoke import invoke
from infra.local.queues import build_filter_policy, envelope_to_event
from infra.local.streams import entry_to_record, list_sources
from tests.verification.faults.endpoint_faults import ROWS, Baseline, Verdict
from tests.verification.faults.endpoint_faults import run_undisturbed as clean_request
from tests.verification.faults.faulty_engine import KINDS
from tests.verification.faults.replayable_shop import ReplayableShop, none_if_killed

MAX_DELIVERIES = 4  # the first meets the fault; what comes after finds it taken or takes it
ESCALATION_MINUTES = 6  # after so many somebody who did not answer is reminded
MAX_ESCALATIONS = 4  # rungs of the longest ladder
NOTIFY, TO_TOPICS = config.table_name("notify"), "chalicelib.notify.events.journal_to_topics"
SCHEDULED_MINUTES = {"expire_unpaid_orders": 1_500, "end_offers": 601, "escalate_unanswered": 10}  # minutes after noon


@dataclass(frozen=True)
class Delivery:
    """What one handler is called with, and how the world was then."""

    handler: str
    kind: str  # of the entry; empty for the clock
    event: dict[str, Any]
    tables: Any
    minutes: int = 0

    @property
    def name(self) -> str:
        return f"{self.handler.rpartition('.')[2]}{f' {self.kind}' if self.kind else ''}"


@dataclass(frozen=True)
class Outcome:
    """What comes of news that nothing disturbs."""

    sends: list[str]
    changes: list[str]
    outbox: list[tuple[str, str, str]]
    stream: list[Any]
    notices: set[tuple[str, str]]


def list_deliveries(ground: ReplayableShop) -> Iterator[Delivery]:
    """One of each kind to each handler that asks for it; what a listener tells is news too."""
    seen: set[str] = set()
    waiting = [*_scheduled_deliveries(ground)]
    for row in ROWS:
        waiting += _deliveries_of_request(ground, clean_request(ground, row))
    while waiting:
        news = waiting.pop(0)
        if news.name not in seen:
            seen.add(news.name)
            heard = deliver_undisturbed(ground, news)
            waiting += deliveries_of_stream(ground, heard.stream, news.minutes)
            yield news


def _deliveries_of_request(ground: ReplayableShop, request: Baseline) -> list[Delivery]:
    ground.memory.restore(request.tables_after)
    return deliveries_of_stream(ground, request.stream, 0)


def _scheduled_deliveries(ground: ReplayableShop) -> Iterator[Delivery]:
    for source in list_sources(app, "ScheduledEventConfig"):
        event = schedule.build_event(source.name)
        yield Delivery(source.handler_string, "", event, ground.initial_tables, SCHEDULED_MINUTES[source.name])


def deliveries_of_stream(ground: ReplayableShop, stream: Sequence[Any], minutes: int) -> list[Delivery]:
    """The world stands as it does after all of this was committed."""
    ready = ground.memory.snapshot()
    made = []
    for item in stream:
        kind, told = item["kind"]["S"], journal.row_to_message(EntryRow.from_raw_data(item))
        record = {"Records": [entry_to_record(dict(item), config.stream_arn())]}
        topic = config.topic_arn(str(topic_of(kind)))
        sent = {"TopicArn": topic, "Subject": kind, "Message": json.dumps(told), "MessageId": told["event_id"]}
        made += [Delivery(each, kind, record, ready, minutes) for each in stream_handlers()]
        made += [Delivery(each, kind, envelope_to_event(sent), ready, minutes) for each in subscribers(topic, kind)]
    return made


def stream_handlers() -> list[str]:
    return [source.handler_string for source in list_sources(app, "DynamoDBEventConfig")]


def subscribers(topic: str, kind: str) -> list[str]:
    """Those whose filter lets this kind through."""
    found = (source.handler_string for source in list_sources(app, "SNSEventConfig") if source.topic == topic)
    return [each for each in found if kind in build_filter_policy(each).get("kind", [kind])]


def list_subscriptions() -> set[str]:
    """`handler kind` of everything that any listener asks for."""
    on_topics = {
        f"{source.name} {kind}"
        for source in list_sources(app, "SNSEventConfig")
        for kind in import_module(module_of(source)).SUBSCRIBED_KINDS
        if config.topic_arn(str(topic_of(kind))) == source.topic
    }
    return on_topics | {source.name for source in list_sources(app, "ScheduledEventConfig")}


def module_of(source: Any) -> str:
    return str(source.handler_string.rpartition(".")[0])


def deliver_undisturbed(ground: ReplayableShop, news: Delivery) -> Outcome:
    ground.restore(news.tables, news.minutes)
    assert deliver(news)
    sends, stream = list(ground.engine.sent), list(ground.memory.stream)
    for _ in range(MAX_DELIVERIES - 1):
        assert deliver(news)
    return replace(read_outcome(ground, news), sends=sends, stream=stream)


def read_outcome(ground: ReplayableShop, news: Delivery) -> Outcome:
    """How the world is now. The clock's handlers take several things in any order, so their ids tell nothing."""
    _, moved = ground.changes_since(news.tables)
    if not news.kind:
        moved = sorted(re.sub(r"~\d+", "~", text) for text in moved)
    keys = ((item["pk"]["S"], item["sk"]["S"]) for item in ground.memory.items(NOTIFY))
    notices = {key for key in keys if key[1].startswith("evt_")}
    return Outcome([], moved, sorted(ground.outbox), [], notices)


def deliver(news: Delivery) -> bool:
    """Whether it was taken; what was not comes again."""
    try:
        said = invoke(news.handler, news.event)
    except Exception:
        return False
    return not (said or {}).get("batchItemFailures")


def verdicts(ground: ReplayableShop, news: Delivery) -> Iterator[Verdict]:
    undisturbed = deliver_undisturbed(ground, news)
    for send in range(len(undisturbed.sends)):
        for kind in KINDS:
            yield Verdict(news.name, send, kind, find_failure(ground, news, undisturbed, send, kind))


def find_failure(ground: ReplayableShop, news: Delivery, undisturbed: Outcome, send: int, kind: str) -> str:
    ground.restore(news.tables, news.minutes)
    ground.engine.reset({send: KINDS[kind]})
    none_if_killed(lambda: deliver(news))
    ground.engine.reset()
    taken = [deliver(news) for _ in range(MAX_DELIVERIES - 1)]
    if not all(taken):
        return "not taken when it came again"
    heard = read_outcome(ground, news)
    violated = ground.violations()
    if violated:
        return f"violates {violated}"
    if news.handler == TO_TOPICS:
        return "" if set(heard.outbox) == set(undisturbed.outbox) else f"published {heard.outbox}"
    if ".notify." in news.handler and undisturbed.outbox:
        return find_notice_failure(ground, news, undisturbed, heard)
    return "" if heard.changes == undisturbed.changes else f"moved {sorted({*heard.changes} ^ {*undisturbed.changes})}"


def find_notice_failure(ground: ReplayableShop, news: Delivery, undisturbed: Outcome, heard: Outcome) -> str:
    """Nobody hears twice over one channel; everybody has it in his inbox; and where it never left, or nobody knows
    whether it did, that stands on the owner's board and somebody else is told in time."""
    if heard.notices != undisturbed.notices:
        return f"in other inboxes: {heard.notices ^ undisturbed.notices}"
    for rung in range(1, MAX_ESCALATIONS + 1):
        ground.set_minutes_after_noon(news.minutes + rung * ESCALATION_MINUTES)
        escalate()
    sent = Counter(ground.outbox)
    if twice := [send for send, count in sent.items() if count > 1]:
        return f"told twice: {twice}"
    claims = {item["pk"]["S"]: item["status"]["S"] for item in ground.memory.items(NOTIFY) if "status" in item}
    if lost := [send for send in undisturbed.outbox if f"sent#{'#'.join(send)}" not in claims]:
        return f"lost: {lost}"
    spoken = {f"sent#{'#'.join(send)}" for send in sent}
    silent = [
        claim for claim, status in claims.items() if status == "sent" and claim not in spoken | claims_before(news)
    ]
    return f"only said to be sent: {silent}" if silent else ""


def claims_before(news: Delivery) -> set[str]:
    rows = news.tables.get(NOTIFY)
    return {pk for pk in rows.rows if pk.startswith("sent#")} if rows else set()
