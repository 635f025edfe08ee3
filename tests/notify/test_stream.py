from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.kit import clock, journal
from chalicelib.notify import stream, transports
from chalicelib.orders.model import PayLinkRequested
from chalicelib.places.model import StaffSaved


def a_record(number: int, event: Any = None) -> dict[str, Any]:
    event = event or PayLinkRequested(f"ord_{number}")
    entry, _ = journal.append_event(f"order#ord_{number}", event, actor="lia", at=clock.now())
    return {
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": str(number), "NewImage": entry.row.serialize()},
    }


def unreadable_record(number: int) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number), "NewImage": {"subject": {"S": "?"}}}}


class FakeSns:
    """Takes every batch except the Ids in `refused`."""

    def __init__(self, *refused: str) -> None:
        self.refused, self.batches = set(refused), []

    def send(self, topic: str, batch: list[dict[str, Any]]) -> set[str]:
        self.batches.append((topic.rpartition("-")[2], [each["Id"] for each in batch]))
        return self.refused & {each["Id"] for each in batch}


def test_entries_travel_by_topic_in_batches_of_ten_and_in_order() -> None:
    carrier = FakeSns()
    records = [a_record(number) for number in range(1, 13)] + [a_record(13, StaffSaved("s", "owner", "", True, 1))]

    assert stream.forward(records, carrier.send) is None

    first, rest = [str(number) for number in range(1, 11)], ["11", "12"]
    assert carrier.batches == [("orders", first), ("orders", rest), ("reference", ["13"])]


def record_of_size(number: int, size: int) -> tuple[str, Any]:
    """An entry whose message is so many bytes."""
    [(told, entry)], _ = stream.read_until_unreadable([a_record(number, PayLinkRequested("x"))])
    short = len(stream.entry_to_sns_message(told, entry)["Message"].encode())
    [(told, entry)], _ = stream.read_until_unreadable([a_record(number, PayLinkRequested("x" * (1 + size - short)))])
    assert len(stream.entry_to_sns_message(told, entry)["Message"].encode()) == size
    return told, entry


@pytest.mark.parametrize(("over", "batches"), [(-1, [["1", "2"]]), (0, [["1", "2"]]), (1, [["1"], ["2"]])])
def test_a_batch_is_as_large_as_its_limit_and_not_one_byte_larger(over: int, batches: list[list[str]]) -> None:
    half = stream.MAX_BATCH_BYTES // 2

    made = stream.batches([record_of_size(1, half), record_of_size(2, stream.MAX_BATCH_BYTES - half + over)])

    assert [[each["Id"] for each in batch] for _, batch in made] == batches


@pytest.mark.parametrize("over", [0, 1])
def test_an_entry_that_fills_a_batch_goes_alone_and_holds_up_nothing(over: int) -> None:
    carrier = FakeSns()

    assert (
        stream.publish(
            [record_of_size(1, 900), record_of_size(2, stream.MAX_BATCH_BYTES + over), record_of_size(3, 900)],
            carrier.send,
        )
        == set()
    )

    assert carrier.batches == [("orders", ["1"]), ("orders", ["2"]), ("orders", ["3"])]


def test_what_sns_takes_is_more_than_a_batch_with_its_envelopes() -> None:
    message = stream.entry_to_sns_message(*record_of_size(1, stream.MAX_BATCH_BYTES // stream.MAX_BATCH_MESSAGES))
    envelope = len(json.dumps(message | {"Message": ""}).encode())

    assert stream.MAX_BATCH_BYTES + stream.MAX_BATCH_MESSAGES * envelope <= 256 * 1024


def test_a_message_is_the_entry_as_listeners_hear_it_with_its_kind_as_subject() -> None:
    [(number, entry)], _ = stream.read_until_unreadable([a_record(1)])

    message = stream.entry_to_sns_message(number, entry)

    assert message["Subject"] == "PayLinkRequested"
    assert journal.message_to_entry(json.loads(message["Message"])).event == PayLinkRequested("ord_1")


def test_the_first_that_was_not_taken_comes_again_with_all_behind_it() -> None:
    assert stream.forward([a_record(number) for number in range(1, 5)], FakeSns("3", "2").send) == "2"


def test_a_poison_record_holds_up_only_what_is_behind_it() -> None:
    carrier = FakeSns()

    failed = stream.forward([a_record(1), unreadable_record(2), a_record(3)], carrier.send)

    assert failed == "2"
    assert carrier.batches == [("orders", ["1"])]


def test_a_kind_from_a_newer_version_is_passed_over() -> None:
    record = a_record(1)
    record["dynamodb"]["NewImage"]["kind"] = {"S": "TeaDrunk"}
    carrier = FakeSns()

    assert stream.forward([record, a_record(2)], carrier.send) is None
    assert carrier.batches == [("orders", ["2"])]


@pytest.mark.parametrize("change", ["MODIFY", "REMOVE"])
def test_changed_and_deleted_records_are_no_news_and_are_told_on(change: str, monkeypatch: Any) -> None:
    carrier, said = FakeSns(), list[str]()
    monkeypatch.setattr(stream.log, "warning", lambda message, **facts: said.append(f"{message}: {facts['sequence']}"))

    assert stream.forward([a_record(1) | {"eventName": change}, a_record(2)], carrier.send) is None

    assert carrier.batches == [("orders", ["2"])]
    assert said == ["journal_entry_changed: 1"]


def test_what_is_published_reaches_the_topics_subscribers(sns_and_ses: Any) -> None:
    queue = sns_and_ses.client("sqs").create_queue(QueueName="listener")["QueueUrl"]
    arn = sns_and_ses.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    topic = "arn:aws:sns:ap-southeast-3:123456789012:test-orders"
    sns_and_ses.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    assert stream.forward([a_record(1)], transports.publish_batch) is None

    [message] = sns_and_ses.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    assert body["Subject"] == "PayLinkRequested"
    assert json.loads(body["Message"])["body"] == {"order_id": "ord_1"}


def test_event_doors_stand_alone_in_a_fresh_process_as_in_lambda() -> None:
    """Chalice does not import app.py there; the models whose events are heard have to come along."""
    for room, kinds in (
        ("notify", "OfferOpened VerificationRequested TransferSent"),
        ("reporting", "CollectionReceived"),
    ):
        code = f"import chalicelib.{room}.events\nfrom chalicelib.kit.events import Event\n"
        code += f"assert {set(kinds.split())!r} <= Event.kinds.keys()"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
