"""Event handlers that only remember, imported by name as Lambda would."""

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
    """Puts the wrapped handlers where their names say they are."""
    events = Blueprint(__name__)

    @events.on_dynamodb_record(stream_arn=stream_arn)
    def hear_stream(event):
        for record in event:
            cups = json.loads(record.new_image["body"]["S"])["cups"]
            if cups == POISON_CUPS:
                return {"batchItemFailures": [{"itemIdentifier": record.sequence_number}]}
            handled_cups.append(cups)
        return {"batchItemFailures": []}

    @events.on_sns_message(topic=topic_arn)
    def hear_topic(event):
        received_messages.append(event.message)
        if event.message == DEADLY_MESSAGE and received_messages.count(DEADLY_MESSAGE) <= 3:
            raise SystemExit  # what a handler cannot catch either
        if event.message == "poison":
            raise ValueError("cannot drink this")

    globals().update(hear_stream=hear_stream, hear_topic=hear_topic)
    return events
