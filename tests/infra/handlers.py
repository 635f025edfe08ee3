"""Event handlers that only remember, imported by name as Lambda would."""

import json

from chalice.app import Blueprint

POISON = 13
DEADLY = "hemlock"
seen: list[int] = []
heard: list[str] = []


def forget() -> None:
    seen.clear()
    heard.clear()


def blueprint_for(stream_arn: str, topic_arn: str) -> Blueprint:
    """Puts the wrapped handlers where their names say they are."""
    events = Blueprint(__name__)

    @events.on_dynamodb_record(stream_arn=stream_arn)
    def hear_stream(event):
        for record in event:
            cups = json.loads(record.new_image["body"]["S"])["cups"]
            if cups == POISON:
                return {"batchItemFailures": [{"itemIdentifier": record.sequence_number}]}
            seen.append(cups)
        return {"batchItemFailures": []}

    @events.on_sns_message(topic=topic_arn)
    def hear_topic(event):
        heard.append(event.message)
        if event.message == DEADLY and heard.count(DEADLY) <= 3:
            raise SystemExit  # what a handler cannot catch either
        if event.message == "poison":
            raise ValueError("cannot drink this")

    globals().update(hear_stream=hear_stream, hear_topic=hear_topic)
    return events
