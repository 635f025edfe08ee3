"""Doors of the topics. Lambda imports only this module for them, so it imports the models whose events it may
hear."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.kit import config, journal, packages
from chalicelib.kit.listen import Listeners
from chalicelib.reporting.fold import FOLDS, fold

events = Listeners(__name__)
HEARS = set(FOLDS)  # topics are asked to send nothing else
packages.import_models()


@events.on_sns_message(topic=config.topic_arn("orders"))
def recap_orders(event: Any) -> None:
    hear(event)


@events.on_sns_message(topic=config.topic_arn("fulfillment"))
def recap_fulfillment(event: Any) -> None:
    hear(event)


@events.on_sns_message(topic=config.topic_arn("payments"))
def recap_payments(event: Any) -> None:
    hear(event)


def hear(event: Any) -> None:
    if event.subject in FOLDS:  # its kind: most are no concern of the recap and are not even read
        fold(journal.message_to_entry(json.loads(event.message)))
