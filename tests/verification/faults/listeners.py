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
from chalicelib.kit.journal import Entry
from chalicelib.notify.escalate import escalate
from chalicelib.notify.stream import topic_of
from infra.local import schedule
from infra.local.invoke import invoke
from infra.local.queues import as_event, wanted
from infra.local.streams import as_record, sources
from tests.verification.faults.ground import Ground, survived
from tests.verification.faults.line import KINDS
from tests.verification.faults.routes import ROWS, Clean, Verdict
from tests.verification.faults.routes import clean as clean_request

DELIVERIES = 4  # the first meets the fault; what comes after finds it taken or takes it
PATIENCE_MINUTES = 6  # after so many somebody who did not answer is reminded
CLIMBS = 4  # rungs of the longest ladder
NOTIFY, TO_TOPICS = config.table("notify"), "chalicelib.notify.events.journal_to_topics"
ALARMS = {"expire_unpaid_orders": 1_500, "end_offers": 601, "escalate_unanswered": 10}  # minutes after noon


@dataclass(frozen=True)
class News:
    """What one handler is called with, and how the world was then."""

    handler: str
    kind: str  # of the entry; empty for the clock
    event: dict[str, Any]
    ready: Any
    minutes: int = 0

    @property
    def name(self) -> str:
        return f"{self.handler.rpartition('.')[2]}{f' {self.kind}' if self.kind else ''}"


@dataclass(frozen=True)
class Heard:
    """What comes of news that nothing disturbs."""

    sends: list[str]
    moved: list[str]
    outbox: list[tuple[str, str, str]]
    stream: list[Any]
    notices: set[tuple[str, str]]


def all_news(ground: Ground) -> Iterator[News]:
    """One of each kind to each handler that asks for it; what a listener tells is news too."""
    seen: set[str] = set()
    waiting = [*_alarms(ground)]
    for row in ROWS:
        waiting += _news_of(ground, clean_request(ground, row))
    while waiting:
        news = waiting.pop(0)
        if news.name not in seen:
            seen.add(news.name)
            heard = hear(ground, news)
            waiting += following(ground, heard.stream, news.minutes)
            yield news


def _news_of(ground: Ground, request: Clean) -> list[News]:
    ground.memory.put_back(request.after)
    return following(ground, request.stream, 0)


def _alarms(ground: Ground) -> Iterator[News]:
    for source in sources(app, "ScheduledEventConfig"):
        event = schedule.event(source.name)
        yield News(source.handler_string, "", event, ground.built, ALARMS[source.name])


def following(ground: Ground, stream: Sequence[Any], minutes: int) -> list[News]:
    """The world stands as it does after all of this was committed."""
    ready = ground.memory.snapshot()
    made = []
    for item in stream:
        kind, told = item["kind"]["S"], journal.entry_to_message(Entry.from_raw_data(item))
        record = {"Records": [as_record(dict(item), config.stream_arn())]}
        topic = config.topic_arn(str(topic_of(kind)))
        sent = {"TopicArn": topic, "Subject": kind, "Message": json.dumps(told), "MessageId": told["event_id"]}
        made += [News(each, kind, record, ready, minutes) for each in streams()]
        made += [News(each, kind, as_event(sent), ready, minutes) for each in subscribers(topic, kind)]
    return made


def streams() -> list[str]:
    return [source.handler_string for source in sources(app, "DynamoDBEventConfig")]


def subscribers(topic: str, kind: str) -> list[str]:
    """Those whose filter lets this kind through."""
    found = (source.handler_string for source in sources(app, "SNSEventConfig") if source.topic == topic)
    return [each for each in found if kind in wanted(each).get("kind", [kind])]


def asked_for() -> set[str]:
    """`handler kind` of everything that any listener asks for."""
    on_topics = {
        f"{source.name} {kind}"
        for source in sources(app, "SNSEventConfig")
        for kind in import_module(module_of(source)).HEARS
        if config.topic_arn(str(topic_of(kind))) == source.topic
    }
    return on_topics | {source.name for source in sources(app, "ScheduledEventConfig")}


def module_of(source: Any) -> str:
    return str(source.handler_string.rpartition(".")[0])


def hear(ground: Ground, news: News) -> Heard:
    ground.stand(news.ready, news.minutes)
    assert deliver(news)
    sends, stream = list(ground.line.sent), list(ground.memory.stream)
    for _ in range(DELIVERIES - 1):
        assert deliver(news)
    return replace(found(ground, news), sends=sends, stream=stream)


def found(ground: Ground, news: News) -> Heard:
    """How the world is now. The clock's handlers take several things in any order, so their ids tell nothing."""
    _, moved = ground.since(news.ready)
    if not news.kind:
        moved = sorted(re.sub(r"~\d+", "~", text) for text in moved)
    keys = ((item["pk"]["S"], item["sk"]["S"]) for item in ground.memory.items(NOTIFY))
    notices = {key for key in keys if key[1].startswith("evt_")}
    return Heard([], moved, sorted(ground.outbox), [], notices)


def deliver(news: News) -> bool:
    """Whether it was taken; what was not comes again."""
    try:
        said = invoke(news.handler, news.event)
    except Exception:
        return False
    return not (said or {}).get("batchItemFailures")


def verdicts(ground: Ground, news: News) -> Iterator[Verdict]:
    undisturbed = hear(ground, news)
    for send in range(len(undisturbed.sends)):
        for kind in KINDS:
            yield Verdict(news.name, send, kind, wrong(ground, news, undisturbed, send, kind))


def wrong(ground: Ground, news: News, undisturbed: Heard, send: int, kind: str) -> str:
    ground.stand(news.ready, news.minutes)
    ground.line.clear({send: KINDS[kind]})
    survived(lambda: deliver(news))
    ground.line.clear()
    taken = [deliver(news) for _ in range(DELIVERIES - 1)]
    if not all(taken):
        return "not taken when it came again"
    heard = found(ground, news)
    violated = ground.wrong()
    if violated:
        return f"violates {violated}"
    if news.handler == TO_TOPICS:
        return "" if set(heard.outbox) == set(undisturbed.outbox) else f"published {heard.outbox}"
    if ".notify." in news.handler and undisturbed.outbox:
        return badly_told(ground, news, undisturbed, heard)
    return "" if heard.moved == undisturbed.moved else f"moved {sorted({*heard.moved} ^ {*undisturbed.moved})}"


def badly_told(ground: Ground, news: News, undisturbed: Heard, heard: Heard) -> str:
    """Nobody hears twice over one channel; everybody has it in his inbox; and where it never left, or nobody knows
    whether it did, that stands on the owner's board and somebody else is told in time."""
    if heard.notices != undisturbed.notices:
        return f"in other inboxes: {heard.notices ^ undisturbed.notices}"
    for rung in range(1, CLIMBS + 1):
        ground.it_is(news.minutes + rung * PATIENCE_MINUTES)
        escalate()
    sent = Counter(ground.outbox)
    if twice := [send for send, count in sent.items() if count > 1]:
        return f"told twice: {twice}"
    claims = {item["pk"]["S"]: item["status"]["S"] for item in ground.memory.items(NOTIFY) if "status" in item}
    if lost := [send for send in undisturbed.outbox if f"sent#{'#'.join(send)}" not in claims]:
        return f"lost: {lost}"
    spoken = {f"sent#{'#'.join(send)}" for send in sent}
    silent = [claim for claim, status in claims.items() if status == "sent" and claim not in spoken | told_before(news)]
    return f"only said to be sent: {silent}" if silent else ""


def told_before(news: News) -> set[str]:
    rows = news.ready.get(NOTIFY)
    return {pk for pk in rows.rows if pk.startswith("sent#")} if rows else set()
