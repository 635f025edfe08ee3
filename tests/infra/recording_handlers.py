"""Event handlers that record what they receive, imported by name as Lambda does."""

import json

from chalice.app import Blueprint

POISON_CUPS = 13
DEADLY_MESSAGE = "hemlock"
handled_cups: list[int] = []
received_messages: list[str] = []


def reset() -> None:
    handled_cups.clear()
    received_messages.clear()


def build_blueprint(stream_arn: str, topic_arn: str) -> Blueprint:
    """Register the handlers, and publish them as globals of this module, where Lambda would look them up."""
    events = Blueprint(__name__)

    @events.on_dynamodb_record(stream_arn=stream_arn)
    def handle_stream(event):
        for record in event:
            cups = json.loads(record.new_image["body"]["S"])["cups"]
            if cups == POISON_CUPS:
                return {"batchItemFailures": [{"itemIdentifier": record.sequence_number}]}
            handled_cups.append(cups)
        return {"batchItemFailures": []}

    @events.on_sns_message(topic=topic_arn)
    def handle_topic(event):
        received_messages.append(event.message)
        if event.message == DEADLY_MESSAGE and received_messages.count(DEADLY_MESSAGE) <= 3:
            raise SystemExit  # ends the dispatcher like a kill
        if event.message == "poison":
            raise ValueError("poisoned message")

    globals().update(handle_stream=handle_stream, handle_topic=handle_topic)
    return events
