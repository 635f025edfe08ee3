"""Event handlers of notify: the journal's stream, the SNS topics and two schedules.

Lambda imports only this module for them, so it imports all models to register their event classes.
"""

from __future__ import annotations

import json
from typing import Any

from chalice.app import Rate

from chalicelib.kit import config, journal, packages
from chalicelib.kit.effects import Effect, load_effects
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.notify import stream, transports
from chalicelib.notify.deliver import deliver_messages, find_notified
from chalicelib.notify.escalate import escalate
from chalicelib.notify.model import NOTICES
from chalicelib.notify.sweep import sweep

handlers = EventHandlers(__name__)
SUBSCRIBED_KINDS = set(NOTICES)  # the subscriptions filter out all other kinds
EFFECT = Effect(
    "notices", NOTICES, start=lambda row: deliver_messages(journal.row_to_entry(row)), find_done=find_notified
)
packages.import_models()


@handlers.on_dynamodb_record(stream_arn=config.stream_arn(), batch_size=100, starting_position="TRIM_HORIZON")
def journal_to_topics(event: Any) -> dict[str, Any]:
    """Publish the records. AWS delivers the first failed record and all later ones again, and sends it to
    the dead-letter queue after the last retry."""
    failed = stream.forward(event.to_dict()["Records"], transports.publish_batch)
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}


@handlers.on_sns_message(topic=config.topic_arn("orders"))
def notify_of_orders(event: Any) -> None:
    handle_message(event)


@handlers.on_sns_message(topic=config.topic_arn("fulfillment"))
def notify_of_fulfillment(event: Any) -> None:
    handle_message(event)


@handlers.on_sns_message(topic=config.topic_arn("stock"))
def notify_of_stock(event: Any) -> None:
    handle_message(event)


@handlers.on_sns_message(topic=config.topic_arn("customers"))
def notify_of_customers(event: Any) -> None:
    handle_message(event)


@handlers.schedule(Rate(1, unit=Rate.MINUTES))
def escalate_unanswered(event: Any) -> None:
    escalate()


@handlers.schedule(Rate(1, unit=Rate.MINUTES))
def sweep_journal(event: Any) -> None:
    sweep(load_effects())


def handle_message(event: Any) -> None:
    if event.subject in NOTICES:  # the SNS subject is the event's kind; most kinds cause no notice
        deliver_messages(journal.message_to_entry(json.loads(event.message)))
