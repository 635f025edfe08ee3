"""A topic's messages to one handler by the rules of Lambda's asynchronous invocation: two retries, then dead letters.

Each handler has a queue of its own, subscribed to its topic, so a slow one holds up nobody else. Nobody but the one
dispatcher reads it, one look after the other: a message that takes longer than it is hidden is not handed out twice.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from infra.chalice_config import build_filter_policy
from infra.local.invoke import invoke

RETRIES = 2
MAX_MESSAGES = 10  # SQS hands over no more at once
VISIBILITY_TIMEOUT_SECONDS = 1  # how long what a dead dispatcher had in its hands is kept from the next one
log = logging.getLogger("satukanal.local")


class Consumer:
    """Lambda waits one and two minutes between its tries; here it is one and two seconds (`patience` times)."""

    def __init__(self, source: Any, clients: Any, prefix: str, retry_delay_seconds: int = 1) -> None:
        self.source, self.clients, self.retry_delay_seconds = source, clients, retry_delay_seconds
        # Ours, and not the queue's count of receipts: a dispatcher that died is no try of the handler's.
        self.failures: Counter[str] = Counter()
        self.queue = clients.queues.create_queue(QueueName=f"{prefix}-local-{source.name}".replace("_", "-"))[
            "QueueUrl"
        ]
        facts = clients.queues.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]
        made = clients.topics.subscribe(
            TopicArn=source.topic, Protocol="sqs", Endpoint=facts["QueueArn"], ReturnSubscriptionArn=True
        )
        clients.topics.set_subscription_attributes(
            SubscriptionArn=made["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps(build_filter_policy(source.handler_string)),
        )

    def poll(self, wait_seconds: int = 0, map_messages: Callable[..., Iterable[bool]] = map) -> int:
        """Takes up to ten messages, one after the other or as `spread` does it; how many there were."""
        found = self.clients.queues.receive_message(
            QueueUrl=self.queue,
            MaxNumberOfMessages=MAX_MESSAGES,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=VISIBILITY_TIMEOUT_SECONDS,
        ).get("Messages", [])
        done = [message for message, taken in zip(found, map_messages(self._handle, found)) if taken]
        if done:
            entries = [{"Id": str(i), "ReceiptHandle": each["ReceiptHandle"]} for i, each in enumerate(done)]
            self.clients.queues.delete_message_batch(QueueUrl=self.queue, Entries=entries)
        return len(found)

    def _handle(self, message: dict[str, Any]) -> bool:
        """Whether the message is done with."""
        event = envelope_to_event(json.loads(message["Body"]))
        try:
            invoke(self.source.handler_string, event)
        except Exception as error:
            log.exception("%s failed", self.source.name)
            return self._retry_or_send_to_dead_letters(message, event, error)
        self.failures.pop(message["MessageId"], None)
        return True

    def _retry_or_send_to_dead_letters(self, message: dict[str, Any], event: dict[str, Any], error: Exception) -> bool:
        self.failures[message["MessageId"]] += 1
        tries = self.failures[message["MessageId"]]
        if tries > RETRIES:
            del self.failures[message["MessageId"]]
            self.clients.send_to_dead_letters(self.source.name, event, f"{type(error).__name__}: {error}")
            return True
        self.clients.queues.change_message_visibility(
            QueueUrl=self.queue,
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=tries * self.retry_delay_seconds,
        )
        return False


def envelope_to_event(envelope: dict[str, Any]) -> dict[str, Any]:
    """SNS's envelope in a queue is nearly its envelope in Lambda."""
    told = {"Subject": None, "MessageAttributes": {}} | envelope
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": told["TopicArn"], "Sns": told}
    return {"Records": [record]}
