"""Every event handler with every fault at each of its sends: failed events are delivered again, and then once more.

The events are those that the requests of all endpoints write, and those that handlers write in turn; each is delivered
to the tables as they were after it was written.
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
from tests.verification.faults.endpoint_faults import run_undisturbed as run_request_undisturbed
from tests.verification.faults.faulty_engine import KINDS
from tests.verification.faults.replayable_shop import ReplayableShop, none_if_killed

MAX_DELIVERIES = 4  # the first one meets the fault
ESCALATION_MINUTES = 6  # after which a recipient who has not acknowledged is notified again
MAX_ESCALATIONS = 4  # steps of the longest list of channels
NOTIFY, JOURNAL = config.table_name("notify"), config.table_name("journal")
TO_TOPICS = "chalicelib.notify.events.journal_to_topics"
SCHEDULED_MINUTES = {  # minutes after noon
    "expire_unpaid_orders": 1_500,
    "end_offers": 601,
    "escalate_unanswered": 10,
    "sweep_journal": 20,
}


@dataclass(frozen=True)
class Delivery:
    """An event for one handler, with the tables as they were."""

    handler: str
    kind: str  # of the journal entry; empty for scheduled events
    event: dict[str, Any]
    tables: Any
    minutes: int = 0

    @property
    def name(self) -> str:
        return f"{self.handler.rpartition('.')[2]}{f' {self.kind}' if self.kind else ''}"


@dataclass(frozen=True)
class Outcome:
    """The effect of a delivery."""

    sends: list[str]
    changes: list[str]
    outbox: list[tuple[str, str, str]]
    stream: list[Any]
    notices: set[tuple[str, str]]


def list_deliveries(shop: ReplayableShop) -> Iterator[Delivery]:
    """Yield one delivery for each kind of event and handler, including events that handlers write."""
    listed: set[str] = set()
    queue = [*_scheduled_deliveries(shop)]
    for row in ROWS:
        queue += _deliveries_of_request(shop, run_request_undisturbed(shop, row))
    while queue:
        delivery = queue.pop(0)
        if delivery.name not in listed:
            listed.add(delivery.name)
            outcome = deliver_undisturbed(shop, delivery)
            queue += deliveries_of_stream(shop, outcome.stream, delivery.minutes)
            yield delivery


def _deliveries_of_request(shop: ReplayableShop, request: Baseline) -> list[Delivery]:
    shop.memory.restore(request.tables_after)
    return deliveries_of_stream(shop, request.stream, 0)


def _scheduled_deliveries(shop: ReplayableShop) -> Iterator[Delivery]:
    for source in list_sources(app, "ScheduledEventConfig"):
        event = schedule.build_event(source.name)
        yield Delivery(source.handler_string, "", event, shop.initial_tables, SCHEDULED_MINUTES[source.name])


def deliveries_of_stream(shop: ReplayableShop, stream: Sequence[Any], minutes: int) -> list[Delivery]:
    """Return the deliveries of these journal entries; the tables are those after all of them were committed."""
    tables = shop.memory.snapshot()
    deliveries = []
    for item in stream:
        kind, message = item["kind"]["S"], journal.row_to_message(EntryRow.from_raw_data(item))
        record = {"Records": [entry_to_record(dict(item), config.stream_arn())]}
        topic = config.topic_arn(str(topic_of(kind)))
        envelope = {"TopicArn": topic, "Subject": kind, "Message": json.dumps(message)}
        event = envelope_to_event(envelope | {"MessageId": message["event_id"]})
        deliveries += [Delivery(handler, kind, record, tables, minutes) for handler in stream_handlers()]
        deliveries += [Delivery(handler, kind, event, tables, minutes) for handler in subscribers(topic, kind)]
    return deliveries


def stream_handlers() -> list[str]:
    return [source.handler_string for source in list_sources(app, "DynamoDBEventConfig")]


def subscribers(topic: str, kind: str) -> list[str]:
    """Return the handlers of the topic whose filter policy accepts this kind."""
    handlers = (source.handler_string for source in list_sources(app, "SNSEventConfig") if source.topic == topic)
    return [handler for handler in handlers if kind in build_filter_policy(handler).get("kind", [kind])]


def list_subscriptions() -> set[str]:
    """Return `handler kind` of every subscription, and the names of the scheduled handlers."""
    on_topics = {
        f"{source.name} {kind}"
        for source in list_sources(app, "SNSEventConfig")
        for kind in import_module(module_of(source)).SUBSCRIBED_KINDS
        if config.topic_arn(str(topic_of(kind))) == source.topic
    }
    return on_topics | {source.name for source in list_sources(app, "ScheduledEventConfig")}


def module_of(source: Any) -> str:
    return str(source.handler_string.rpartition(".")[0])


def deliver_undisturbed(shop: ReplayableShop, delivery: Delivery) -> Outcome:
    shop.restore(delivery.tables, delivery.minutes)
    assert deliver(delivery)
    sends, stream = list(shop.engine.sent), list(shop.memory.stream)
    for _ in range(MAX_DELIVERIES - 1):
        assert deliver(delivery)
    return replace(read_outcome(shop, delivery), sends=sends, stream=stream)


def read_outcome(shop: ReplayableShop, delivery: Delivery) -> Outcome:
    """Return what the delivery has changed. Scheduled handlers work in any order, so numbers of ids are removed."""
    _, changes = shop.changes_since(delivery.tables)
    if not delivery.kind:
        changes = sorted(re.sub(r"~\d+", "~", text) for text in changes)
    keys = ((item["pk"]["S"], item["sk"]["S"]) for item in shop.memory.items(NOTIFY))
    notices = {key for key in keys if key[1].startswith("evt_")}
    return Outcome([], changes, sorted(shop.outbox), [], notices)


def deliver(delivery: Delivery) -> bool:
    """Invoke the handler; return True if it succeeded, False if the event has to be delivered again."""
    try:
        result = invoke(delivery.handler, delivery.event)
    except Exception:
        return False
    return not (result or {}).get("batchItemFailures")


def verdicts(shop: ReplayableShop, delivery: Delivery) -> Iterator[Verdict]:
    undisturbed = deliver_undisturbed(shop, delivery)
    for send in range(len(undisturbed.sends)):
        for kind in KINDS:
            yield Verdict(delivery.name, send, kind, find_failure(shop, delivery, undisturbed, send, kind))


def find_failure(shop: ReplayableShop, delivery: Delivery, undisturbed: Outcome, send: int, kind: str) -> str:
    shop.restore(delivery.tables, delivery.minutes)
    shop.engine.reset({send: KINDS[kind]})
    none_if_killed(lambda: deliver(delivery))
    shop.engine.reset()
    succeeded = [deliver(delivery) for _ in range(MAX_DELIVERIES - 1)]
    if not all(succeeded):
        return "failed when delivered again"
    outcome = read_outcome(shop, delivery)
    violations = shop.violations()
    if violations:
        return f"violates {violations}"
    if delivery.handler == TO_TOPICS:
        return "" if set(outcome.outbox) == set(undisturbed.outbox) else f"published {outcome.outbox}"
    if ".notify." in delivery.handler and undisturbed.outbox:
        return find_notice_failure(shop, delivery, undisturbed, outcome)
    difference = sorted({*outcome.changes} ^ {*undisturbed.changes})
    return "" if outcome.changes == undisturbed.changes else f"other changes: {difference}"


def find_notice_failure(shop: ReplayableShop, delivery: Delivery, undisturbed: Outcome, outcome: Outcome) -> str:
    """Return the first failure of a notification, or an empty text.

    Every recipient must have the notice in the inbox and get at most one message per channel; every message must have
    a claim row; and a row with status `sent` must belong to a message that was sent.
    """
    ended = list_ended_offers(shop)
    different = outcome.notices ^ undisturbed.notices
    if wrong := [notice for notice in different if notice[1].partition("#")[0] not in ended]:
        return f"in other inboxes: {wrong}"
    for step in range(1, MAX_ESCALATIONS + 1):
        shop.set_minutes_after_noon(delivery.minutes + step * ESCALATION_MINUTES)
        escalate()
    counts = Counter(shop.outbox)
    if repeated := [message for message, count in counts.items() if count > 1]:
        return f"sent twice: {repeated}"
    claims = {item["pk"]["S"]: item["status"]["S"] for item in shop.memory.items(NOTIFY) if "status" in item}
    awaited = [message for message in undisturbed.outbox if message[0] not in ended]
    if lost := [message for message in awaited if f"sent#{'#'.join(message)}" not in claims]:
        return f"lost: {lost}"
    sent = {f"sent#{'#'.join(message)}" for message in counts}
    sent |= claims_before(delivery)
    unsent = [claim for claim, status in claims.items() if status == "sent" and claim not in sent]
    return f"recorded as sent but not sent: {unsent}" if unsent else ""


def list_ended_offers(shop: ReplayableShop) -> set[str]:
    """Return the ids of the events that opened an offer of an order that was cancelled.

    A fault can delay the notice of such an offer until the sweep has started the effects of the cancellation; nobody is
    invited any more then.
    """
    entries = [(item["subject"]["S"], item["kind"]["S"], item["event_id"]["S"]) for item in shop.memory.items(JOURNAL)]
    cancelled = {subject for subject, kind, _ in entries if kind == "OrderCancelled"}
    return {event_id for subject, kind, event_id in entries if kind == "OfferOpened" and subject in cancelled}


def claims_before(delivery: Delivery) -> set[str]:
    rows = delivery.tables.get(NOTIFY)
    return {pk for pk in rows.rows if pk.startswith("sent#")} if rows else set()
