"""How news travel on AWS: the journal's stream into its two functions, their messages through SNS into all others.

A stream keeps the order of one item and no other; whatever failed comes again, whole batches at times twice. SNS keeps
no order at all. A function that fails gets the same again until it succeeds: what parks poison is not shown here.
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

MAX_BATCH_RECORDS = 25  # in a batch


@dataclass
class DeliveryResult:
    """What happened to a delivery, in words; `left` when it will come again."""

    description: str
    is_pending: bool = False


@dataclass
class EventDelivery:
    """Everything on its way. `again` is the chance that what was taken comes another time."""

    rng: random.Random
    redelivery_probability: Callable[[], float]
    does_carrier_fail: Callable[[], bool]  # whether a carrier does, this time
    call: Callable[[Callable[[], Any]], str]  # calls a function; its refusal in a word, "" when it had none
    streams: dict[str, list[Record]] = field(default_factory=dict)
    delivered: dict[str, list[Record]] = field(default_factory=dict)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    position: int = 0
    outbox: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        app = gateway().app
        self.streams = {each.handler_string: [] for each in list_sources(app, "DynamoDBEventConfig")}
        self.delivered = {handler: [] for handler in self.streams}
        self.subscriptions = [(each.topic, each.handler_string) for each in list_sources(app, "SNSEventConfig")]
        self.schedules = [(each.handler_string, each.name) for each in list_sources(app, "ScheduledEventConfig")]

    @property
    def is_idle(self) -> bool:
        return not self.messages and not any(self.streams.values())

    def enqueue(self, committed: list[Item]) -> None:
        """What the journal has more than before."""
        for place, image in enumerate(committed[self.position :], start=self.position):
            record = entry_to_record(image, "arn:aws:dynamodb:ap-southeast-3:123456789012:table/test-journal/stream/1")
            record["dynamodb"]["SequenceNumber"] = f"{place:021}"
            for waiting in self.streams.values():
                waiting.append(record)
        self.position = len(committed)

    # -- the stream ---------------------------------------------------------------------------------------------------

    def deliver_batch(self, handler: str) -> DeliveryResult:
        batch, said = self.batch_for(handler), list[Any]()
        refused = self.call(lambda: said.append(invoke(handler, {"Records": batch})))
        taken = [] if refused else batch[: find_first_failed(batch, said[0])]
        words = f"{handler_label(handler)} takes {len(taken)} of {len(batch)}{f' ({refused})' if refused else ''}"
        if self.rng.random() < self.redelivery_probability():
            return DeliveryResult(f"{words}, which will come again", is_pending=True)
        waiting = self.streams[handler]
        self.streams[handler] = [record for record in waiting if record not in taken]
        self.delivered[handler] += [record for record in taken if record in waiting]
        return DeliveryResult(words, is_pending=len(taken) < len(batch))

    def deliver_all(self, handler: str) -> str:
        """Until nothing waits, or the function wants to be asked another time."""
        while self.streams[handler]:
            told = self.deliver_batch(handler)
            if told.is_pending:
                return told.description
        return ""

    def batch_for(self, handler: str) -> list[Record]:
        """Some subjects' records in the order of each subject, the subjects in any; before them, at times, what one of
        them had brought already."""
        by_subject: dict[str, list[Record]] = {}
        for record in self.streams[handler]:
            by_subject.setdefault(subject_of(record), []).append(record)
        subjects = sorted(by_subject)
        self.rng.shuffle(subjects)
        chosen = subjects[: self.rng.randint(1, len(subjects))]
        batch = [record for subject in chosen for record in by_subject[subject]]
        before = [record for record in self.delivered[handler][-5:] if subject_of(record) == chosen[0]]
        return [*(before if self.rng.random() < self.redelivery_probability() else []), *batch][:MAX_BATCH_RECORDS]

    # -- topics -------------------------------------------------------------------------------------------------------

    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]) -> dict[str, Any]:
        """SNS as botocore's client shows it: it may take nothing, some, or all and not say so."""
        entries, fate = PublishBatchRequestEntries, self.rng.random() if self.does_carrier_fail() else 1.0
        if fate < 0.3:
            raise EndpointConnectionError(endpoint_url="sns")
        taken = [each for each in entries if fate >= 0.6 or self.rng.random() < 0.5]
        for entry in taken:
            self.publish(TopicArn, entry)
        if 0.6 <= fate < 1.0:
            raise ReadTimeoutError(endpoint_url="sns")
        return {"Failed": [{"Id": each["Id"]} for each in entries if each not in taken]}

    def publish(self, topic: str, entry: dict[str, Any]) -> None:
        attributes = {
            name: {"Type": said["DataType"], "Value": said["StringValue"]}
            for name, said in entry["MessageAttributes"].items()
        }
        told = {"Type": "Notification", "TopicArn": topic, "MessageId": entry["Id"], "MessageAttributes": attributes}
        event = envelope_to_event(told | {"Subject": entry["Subject"], "Message": entry["Message"]})
        self.messages += [(handler, event) for wanted, handler in self.subscriptions if wanted == topic]

    def deliver_message(self, place: int) -> DeliveryResult:
        """Any of them, also long ahead of its turn."""
        if not self.messages:  # who came in between may have taken the last
            return DeliveryResult("none")
        handler, event = self.messages[place % len(self.messages)]
        words = f"{handler_label(handler)} hears {describe_event(event)}"
        refused = self.call(lambda: invoke(handler, event))
        if refused:
            return DeliveryResult(f"{words}: {refused}", is_pending=True)
        if self.rng.random() < self.redelivery_probability():
            return DeliveryResult(f"{words}, which will come again", is_pending=True)
        if (handler, event) in self.messages:  # who came in between may have taken it
            self.messages.remove((handler, event))
        return DeliveryResult(words)

    # -- the clock and the carriers -----------------------------------------------------------------------------------

    def run_schedules(self, now: Callable[[], Any]) -> DeliveryResult:
        said = [self.call(partial(invoke, each, schedule.build_event(name, now))) for each, name in self.schedules]
        return DeliveryResult(", ".join(filter(None, said)) or "the sweepers came by")

    def build_carrier_clients(self) -> dict[str, Any]:
        """What `notify.transports` takes for its clients."""
        sns = SimpleNamespace(publish_batch=self.publish_batch, publish=self.send_to_carrier)
        return {"sns": sns, "ses": SimpleNamespace(send_email=self.send_to_carrier)}

    def send_to_carrier(self, **said: Any) -> dict[str, str]:
        """An SMS or an e-mail: sent, or certainly not, or nobody knows."""
        fate = self.rng.choice(("no", "lost before", "lost after")) if self.does_carrier_fail() else "sent"
        if fate == "no":
            raise ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish")
        if fate == "lost before":
            raise ReadTimeoutError(endpoint_url="carrier")
        self.outbox.append(json.dumps(said, sort_keys=True))
        if fate == "lost after":
            raise ReadTimeoutError(endpoint_url="carrier")
        return {"MessageId": str(len(self.outbox))}


def find_first_failed(batch: list[Record], said: Any) -> int:
    """An answer that names no record of this batch means that all of it failed, as on AWS."""
    failures = (said or {}).get("batchItemFailures", [])
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(batch)}
    return min((places.get(each["itemIdentifier"], 0) for each in failures), default=len(batch))


def subject_of(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["subject"]["S"])


def describe_event(event: dict[str, Any]) -> str:
    told = json.loads(event["Records"][0]["Sns"]["Message"])
    return f"{told['kind']} of {told['subject'][-6:]}"


def handler_label(handler: str) -> str:
    return handler.rpartition(".")[2].replace("_", " ")
