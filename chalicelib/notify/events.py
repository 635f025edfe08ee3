"""Doors of the stream, the topics and the clock. Lambda imports only this module for them, so it imports the models
whose events it may hear."""

from __future__ import annotations

import json
from typing import Any

from chalice.app import Rate

from chalicelib.kit import config, journal, packages
from chalicelib.kit.listen import Listeners
from chalicelib.notify import stream, transports
from chalicelib.notify.escalate import escalate
from chalicelib.notify.model import NOTICES
from chalicelib.notify.tell import tell

events = Listeners(__name__)
HEARS = set(NOTICES)  # topics are asked to send nothing else
packages.import_models()


@events.on_dynamodb_record(stream_arn=config.stream_arn(), batch_size=100, starting_position="TRIM_HORIZON")
def journal_to_topics(event: Any) -> dict[str, Any]:
    """A partial batch: AWS brings the first that failed and all behind it again, and parks it after some tries."""
    failed = stream.forward(event.to_dict()["Records"], transports.publish_batch)
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}


@events.on_sns_message(topic=config.topic_arn("orders"))
def notify_of_orders(event: Any) -> None:
    hear(event)


@events.on_sns_message(topic=config.topic_arn("fulfillment"))
def notify_of_fulfillment(event: Any) -> None:
    hear(event)


@events.on_sns_message(topic=config.topic_arn("stock"))
def notify_of_stock(event: Any) -> None:
    hear(event)


@events.on_sns_message(topic=config.topic_arn("customers"))
def notify_of_customers(event: Any) -> None:
    hear(event)


@events.schedule(Rate(1, unit=Rate.MINUTES))
def escalate_unanswered(event: Any) -> None:
    escalate()


def hear(event: Any) -> None:
    if event.subject in NOTICES:  # its kind: most concern nobody and are not even read
        tell(journal.message_to_entry(json.loads(event.message)))
