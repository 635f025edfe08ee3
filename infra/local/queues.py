"""Delivers a topic's messages to one handler by the rules of Lambda's asynchronous invocation: two retries, then dead
letters.

Each handler has its own queue, subscribed to its topic, so a slow handler delays no other. Only the one dispatcher
receives from it, sequentially, so a message that takes longer than its visibility timeout is not received twice.
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
MAX_MESSAGES = 10  # SQS returns no more at once
VISIBILITY_TIMEOUT_SECONDS = 1  # how long the messages of a killed dispatcher stay hidden from the next one
log = logging.getLogger("satukanal_local")


class Consumer:
    """Reads one handler's queue.

    Lambda retries after one and two minutes; here retries wait once and twice `retry_delay_seconds`.
    """

    def __init__(self, source: Any, clients: Any, prefix: str, retry_delay_seconds: int = 1) -> None:
        self.source, self.clients, self.retry_delay_seconds = source, clients, retry_delay_seconds
        # By message id. The queue's own receive count would also count messages of a killed dispatcher.
        self.failures: Counter[str] = Counter()
        self.queue = clients.queues.create_queue(QueueName=f"{prefix}-local-{source.name}".replace("_", "-"))[
            "QueueUrl"
        ]
        attributes = clients.queues.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]
        subscription = clients.topics.subscribe(
            TopicArn=source.topic, Protocol="sqs", Endpoint=attributes["QueueArn"], ReturnSubscriptionArn=True
        )
        clients.topics.set_subscription_attributes(
            SubscriptionArn=subscription["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue=json.dumps(build_filter_policy(source.handler_string)),
        )

    def poll(self, wait_seconds: int = 0, map_messages: Callable[..., Iterable[bool]] = map) -> int:
        """Handle up to ten messages through `map_messages` and return their number."""
        messages = self.clients.queues.receive_message(
            QueueUrl=self.queue,
            MaxNumberOfMessages=MAX_MESSAGES,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=VISIBILITY_TIMEOUT_SECONDS,
        ).get("Messages", [])
        done = [message for message, is_done in zip(messages, map_messages(self._handle, messages)) if is_done]
        if done:
            entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(done)]
            self.clients.queues.delete_message_batch(QueueUrl=self.queue, Entries=entries)
        return len(messages)

    def _handle(self, message: dict[str, Any]) -> bool:
        """Call the handler. Returns whether the message can be deleted, as handled or as a dead letter."""
        event = envelope_to_event(json.loads(message["Body"]))
        try:
            invoke(self.source.handler_string, event)
        except Exception as error:
            log.exception("topic_handler_failed handler=%s", self.source.name)
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
    """Convert SNS's envelope in an SQS message to the event that Lambda would get."""
    message = {"Subject": None, "MessageAttributes": {}} | envelope
    arn = message["TopicArn"]
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": arn, "Sns": message}]}
