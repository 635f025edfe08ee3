"""Event delivery as on AWS: the journal's stream to its two functions, and their messages through SNS to all others.

The stream keeps the order of entries with the same key only; failed records are delivered again, and batches may be
delivered twice. SNS keeps no order. A function that fails gets the same event until it succeeds; dead-letter queues are
not simulated. In some histories records and messages are lost for good, as after the last retry.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from infra.local import schedule
from infra.local.invoke import invoke
from infra.local.queues import envelope_to_event
from infra.local.streams import Record, entry_to_record, list_sources
from tests.client import gateway
from tests.verification.simulator.store import Item

MAX_BATCH_RECORDS = 25


@dataclass
class DeliveryResult:
    """The outcome of a delivery, for the trace; `is_pending` when it will be repeated."""

    description: str
    is_pending: bool = False


@dataclass
class EventDelivery:
    """All undelivered events. `redelivery_probability` is the chance that a processed event is delivered again."""

    rng: random.Random
    redelivery_probability: Callable[[], float]
    does_carrier_fail: Callable[[], bool]  # evaluated for each send
    call: Callable[[Callable[[], Any]], str]  # calls a function and returns the code of its refusal, or ""
    is_lost: Callable[[], bool] = lambda: False  # evaluated for each record of a stream handler and each message
    lost: int = 0  # records and messages that were lost for good
    streams: dict[str, list[Record]] = field(default_factory=dict)
    delivered: dict[str, list[Record]] = field(default_factory=dict)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    position: int = 0
    outbox: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = gateway().app
        self.streams = {source.handler_string: [] for source in list_sources(app, "DynamoDBEventConfig")}
        self.delivered = {handler: [] for handler in self.streams}
        self.subscriptions = [(source.topic, source.handler_string) for source in list_sources(app, "SNSEventConfig")]
        self.schedules = [(source.handler_string, source.name) for source in list_sources(app, "ScheduledEventConfig")]

    @property
    def is_idle(self) -> bool:
        return not self.messages and not any(self.streams.values())

    def enqueue(self, committed: list[Item]) -> None:
        """Add stream records for the entries committed since the last call."""
        for position, image in enumerate(committed[self.position :], start=self.position):
            record = entry_to_record(image, "arn:aws:dynamodb:ap-southeast-3:123456789012:table/test-journal/stream/1")
            record["dynamodb"]["SequenceNumber"] = f"{position:021}"
            for pending in self.streams.values():
                self.add_unless_lost(pending, record)
        self.position = len(committed)

    def add_unless_lost(self, pending: list[Any], event: Any) -> None:
        if self.is_lost():
            self.lost += 1
        else:
            pending.append(event)

    # -- the stream ---------------------------------------------------------------------------------------------------

    def deliver_batch(self, handler: str) -> DeliveryResult:
        batch, results = self.batch_for(handler), list[Any]()
        refusal = self.call(lambda: results.append(invoke(handler, {"Records": batch})))
        processed = [] if refusal else batch[: find_first_failed(batch, results[0])]
        description = (
            f"{handler_label(handler)} processes {len(processed)} of {len(batch)}{f' ({refusal})' if refusal else ''}"
        )
        if self.rng.random() < self.redelivery_probability():
            return DeliveryResult(f"{description}, which will be delivered again", is_pending=True)
        pending = self.streams[handler]
        self.streams[handler] = [record for record in pending if record not in processed]
        self.delivered[handler] += [record for record in processed if record in pending]
        return DeliveryResult(description, is_pending=len(processed) < len(batch))

    def deliver_all(self, handler: str) -> str:
        """Deliver batches until none is pending or one fails. Return the description of the failure."""
        while self.streams[handler]:
            result = self.deliver_batch(handler)
            if result.is_pending:
                return result.description
        return ""

    def batch_for(self, handler: str) -> list[Record]:
        """Choose the records of some subjects, in order per subject; sometimes with already delivered ones before."""
        by_subject: dict[str, list[Record]] = {}
        for record in self.streams[handler]:
            by_subject.setdefault(subject_of(record), []).append(record)
        subjects = sorted(by_subject)
        self.rng.shuffle(subjects)
        chosen = subjects[: self.rng.randint(1, len(subjects))]
        batch = [record for subject in chosen for record in by_subject[subject]]
        repeated = [record for record in self.delivered[handler][-5:] if subject_of(record) == chosen[0]]
        return [*(repeated if self.rng.random() < self.redelivery_probability() else []), *batch][:MAX_BATCH_RECORDS]

    # -- topics -------------------------------------------------------------------------------------------------------

    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]) -> dict[str, Any]:
        """Act as SNS's `publish_batch`: accept none, some or all entries, or accept them and time out."""
        entries, outcome = PublishBatchRequestEntries, self.rng.random() if self.does_carrier_fail() else 1.0
        if outcome < 0.3:
            raise EndpointConnectionError(endpoint_url="sns")
        published = [entry for entry in entries if outcome >= 0.6 or self.rng.random() < 0.5]
        for entry in published:
            self.publish(TopicArn, entry)
        if 0.6 <= outcome < 1.0:
            raise ReadTimeoutError(endpoint_url="sns")
        return {"Failed": [{"Id": entry["Id"]} for entry in entries if entry not in published]}

    def publish(self, topic: str, entry: dict[str, Any]) -> None:
        attributes = {
            name: {"Type": attribute["DataType"], "Value": attribute["StringValue"]}
            for name, attribute in entry["MessageAttributes"].items()
        }
        envelope = {
            "Type": "Notification",
            "TopicArn": topic,
            "MessageId": entry["Id"],
            "MessageAttributes": attributes,
        }
        event = envelope_to_event(envelope | {"Subject": entry["Subject"], "Message": entry["Message"]})
        for subscribed_topic, handler in self.subscriptions:
            if subscribed_topic == topic:
                self.add_unless_lost(self.messages, (handler, event))

    def deliver_message(self, index: int) -> DeliveryResult:
        """Deliver any pending message, independent of the order."""
        if not self.messages:  # an interleaved action may have delivered the last one
            return DeliveryResult("none")
        handler, event = self.messages[index % len(self.messages)]
        description = f"{handler_label(handler)} receives {describe_event(event)}"
        refusal = self.call(lambda: invoke(handler, event))
        if refusal:
            return DeliveryResult(f"{description}: {refusal}", is_pending=True)
        if self.rng.random() < self.redelivery_probability():
            return DeliveryResult(f"{description}, which will be delivered again", is_pending=True)
        if (handler, event) in self.messages:  # an interleaved action may have removed it
            self.messages.remove((handler, event))
        return DeliveryResult(description)

    # -- the clock and the carriers -----------------------------------------------------------------------------------

    def run_schedules(self, now: Callable[[], Any]) -> DeliveryResult:
        refusals = [
            self.call(partial(invoke, handler, schedule.build_event(name, now))) for handler, name in self.schedules
        ]
        return DeliveryResult(", ".join(filter(None, refusals)) or "scheduled jobs ran")

    def build_carrier_clients(self) -> dict[str, Any]:
        """Return the clients that `notify.transports` uses."""
        sns = SimpleNamespace(publish_batch=self.publish_batch, publish=self.send_to_carrier)
        return {"sns": sns, "ses": SimpleNamespace(send_email=self.send_to_carrier)}

    def send_to_carrier(self, **request: Any) -> dict[str, str]:
        """Send an SMS or an e-mail: sent, refused, or with unknown outcome."""
        outcome = self.rng.choice(("refused", "lost before", "lost after")) if self.does_carrier_fail() else "sent"
        if outcome == "refused":
            raise ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish")
        if outcome == "lost before":
            raise ReadTimeoutError(endpoint_url="carrier")
        self.outbox.append(json.dumps(request, sort_keys=True))
        if outcome == "lost after":
            raise ReadTimeoutError(endpoint_url="carrier")
        return {"MessageId": str(len(self.outbox))}


def find_first_failed(batch: list[Record], result: Any) -> int:
    """Return the index of the first failed record, or the length of the batch.

    A response that names an unknown record fails the whole batch, as on AWS.
    """
    failures = (result or {}).get("batchItemFailures", [])
    positions = {record["dynamodb"]["SequenceNumber"]: position for position, record in enumerate(batch)}
    return min((positions.get(failure["itemIdentifier"], 0) for failure in failures), default=len(batch))


def subject_of(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["subject"]["S"])


def describe_event(event: dict[str, Any]) -> str:
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    return f"{message['kind']} of {message['subject'][-6:]}"


def handler_label(handler: str) -> str:
    return handler.rpartition(".")[2].replace("_", " ")
