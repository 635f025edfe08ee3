"""Topic handlers of the recap. Lambda imports only this module for them, so it imports all event classes."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kit import config, journal, packages
from chalicelib.kit.effects import Effect
from chalicelib.kit.event_handlers import EventHandlers
from chalicelib.reporting.project_recap import PROJECTIONS, project_entry
from chalicelib.reporting.store import find_projected

handlers = EventHandlers(__name__)
SUBSCRIBED_KINDS = set(PROJECTIONS)  # the filter of the topic subscriptions
EFFECT = Effect(
    "recap", SUBSCRIBED_KINDS, start=lambda row: project_entry(journal.row_to_entry(row)), find_done=find_projected
)
packages.import_models()


@handlers.on_sns_message(topic=config.topic_arn("orders"))
def recap_orders(event: Any) -> None:
    handle_message(event)


@handlers.on_sns_message(topic=config.topic_arn("fulfillment"))
def recap_fulfillment(event: Any) -> None:
    handle_message(event)


@handlers.on_sns_message(topic=config.topic_arn("payments"))
def recap_payments(event: Any) -> None:
    handle_message(event)


def handle_message(event: Any) -> None:
    if event.subject in PROJECTIONS:  # the subject is the kind, so that other messages need not be parsed
        project_entry(journal.message_to_entry(json.loads(event.message)))
