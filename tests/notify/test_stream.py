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
    """Accepts every entry except the Ids in `refused`."""

    def __init__(self, *refused: str) -> None:
        self.refused, self.batches = set(refused), []

    def send(self, topic: str, batch: list[dict[str, Any]]) -> set[str]:
        self.batches.append((topic.rpartition("-")[2], [entry["Id"] for entry in batch]))
        return self.refused & {entry["Id"] for entry in batch}


def test_entries_are_published_by_topic_in_batches_of_ten_and_in_order() -> None:
    sns = FakeSns()
    records = [a_record(number) for number in range(1, 13)] + [a_record(13, StaffSaved("s", "owner", "", True, 1))]

    assert stream.forward(records, sns.send) is None

    first, rest = [str(number) for number in range(1, 11)], ["11", "12"]
    assert sns.batches == [("orders", first), ("orders", rest), ("reference", ["13"])]


def record_of_size(number: int, size: int) -> tuple[str, Any]:
    """(sequence number, entry) whose message has `size` bytes."""
    [(sequence, entry)], _ = stream.read_until_unreadable([a_record(number, PayLinkRequested("x"))])
    shortest = len(stream.entry_to_sns_message(sequence, entry)["Message"].encode())
    padded = PayLinkRequested("x" * (1 + size - shortest))
    [(sequence, entry)], _ = stream.read_until_unreadable([a_record(number, padded)])
    assert len(stream.entry_to_sns_message(sequence, entry)["Message"].encode()) == size
    return sequence, entry


@pytest.mark.parametrize(("over", "batches"), [(-1, [["1", "2"]]), (0, [["1", "2"]]), (1, [["1"], ["2"]])])
def test_a_batch_is_filled_to_its_limit_and_not_one_byte_more(over: int, batches: list[list[str]]) -> None:
    half = stream.MAX_BATCH_BYTES // 2

    entries = [record_of_size(1, half), record_of_size(2, stream.MAX_BATCH_BYTES - half + over)]
    grouped = stream.group_into_batches(entries)

    assert [[message["Id"] for message in batch] for _, batch in grouped] == batches


@pytest.mark.parametrize("over", [0, 1])
def test_an_entry_that_fills_a_batch_is_sent_alone_and_blocks_no_other(over: int) -> None:
    sns = FakeSns()

    assert (
        stream.publish(
            [record_of_size(1, 900), record_of_size(2, stream.MAX_BATCH_BYTES + over), record_of_size(3, 900)],
            sns.send,
        )
        == set()
    )

    assert sns.batches == [("orders", ["1"]), ("orders", ["2"]), ("orders", ["3"])]


def test_a_full_batch_with_its_envelopes_is_below_the_limit_of_sns() -> None:
    message = stream.entry_to_sns_message(*record_of_size(1, stream.MAX_BATCH_BYTES // stream.MAX_BATCH_MESSAGES))
    envelope = len(json.dumps(message | {"Message": ""}).encode())

    assert stream.MAX_BATCH_BYTES + stream.MAX_BATCH_MESSAGES * envelope <= 256 * 1024


def test_a_message_has_the_kind_as_subject_and_can_be_parsed_by_event_handlers() -> None:
    [(number, entry)], _ = stream.read_until_unreadable([a_record(1)])

    message = stream.entry_to_sns_message(number, entry)

    assert message["Subject"] == "PayLinkRequested"
    assert journal.message_to_entry(json.loads(message["Message"])).event == PayLinkRequested("ord_1")


def test_the_first_entry_that_was_not_accepted_is_reported_as_failed() -> None:
    assert stream.forward([a_record(number) for number in range(1, 5)], FakeSns("3", "2").send) == "2"


def test_an_unreadable_record_blocks_only_later_records() -> None:
    sns = FakeSns()

    failed = stream.forward([a_record(1), unreadable_record(2), a_record(3)], sns.send)

    assert failed == "2"
    assert sns.batches == [("orders", ["1"])]


def test_a_kind_from_a_newer_version_is_skipped() -> None:
    record = a_record(1)
    record["dynamodb"]["NewImage"]["kind"] = {"S": "TeaDrunk"}
    sns = FakeSns()

    assert stream.forward([record, a_record(2)], sns.send) is None
    assert sns.batches == [("orders", ["2"])]


@pytest.mark.parametrize("change", ["MODIFY", "REMOVE"])
def test_changed_and_removed_entries_are_logged_and_not_published(change: str, monkeypatch: Any) -> None:
    sns, warnings = FakeSns(), list[str]()
    monkeypatch.setattr(stream.log, "warning", lambda name, **facts: warnings.append(f"{name}: {facts['sequence']}"))

    assert stream.forward([a_record(1) | {"eventName": change}, a_record(2)], sns.send) is None

    assert sns.batches == [("orders", ["2"])]
    assert warnings == ["journal_entry_changed: 1"]


def test_published_entries_reach_the_subscribers_of_their_topic(sns_and_ses: Any) -> None:
    queue = sns_and_ses.client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sns_and_ses.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    topic = "arn:aws:sns:ap-southeast-3:123456789012:test-orders"
    sns_and_ses.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    assert stream.forward([a_record(1)], transports.publish_batch) is None

    [message] = sns_and_ses.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    assert body["Subject"] == "PayLinkRequested"
    assert json.loads(body["Message"])["body"] == {"order_id": "ord_1"}


def test_event_modules_import_the_models_of_their_events_in_a_fresh_process() -> None:
    """Lambda imports only the module of an event handler, not app.py."""
    for package, kinds in (
        ("notify", "OfferOpened VerificationRequested TransferSent"),
        ("reporting", "CollectionReceived"),
    ):
        code = f"import chalicelib.{package}.events\nfrom chalicelib.kit.events import Event\n"
        code += f"assert {set(kinds.split())!r} <= Event.kinds.keys()"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
