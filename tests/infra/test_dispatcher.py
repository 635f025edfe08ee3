"""The local event sources on moto: the journal's stream and a topic, each with its own handler."""

import fcntl
import json
from dataclasses import dataclass

import pytest
from chalice.app import Chalice

from chalicelib.kit import clock, config, db, journal
from chalicelib.kit.events import Event
from chalicelib.kit.journal import Head
from infra.local import queues
from infra.local.dispatcher import Dispatcher, exclusive_lock
from infra.local.streams import Checkpoint
from tests.infra import recording_handlers

EMPTY_HEAD = Head()


@dataclass(frozen=True)
class KettleBoiled(Event):
    cups: int


@pytest.fixture
def app(aws):
    recording_handlers.reset()
    stream = aws.client("dynamodb").describe_table(TableName="test-journal")["Table"]["LatestStreamArn"]
    app = Chalice(app_name="recorder")
    app.register_blueprint(recording_handlers.build_blueprint(stream, config.topic_arn("orders")))
    return app


def append_kettle_boiled(cups: int, after: Head = EMPTY_HEAD) -> Head:
    entry, head = journal.append_event("kettle#1", KettleBoiled(cups), after=after, actor="test", at=clock.now())
    db.commit([entry])
    return head


def test_every_entry_reaches_the_stream_handler_in_order(app):
    head = append_kettle_boiled(1)
    head = append_kettle_boiled(2, head)
    append_kettle_boiled(3, head)

    Dispatcher(app).drain()

    assert recording_handlers.handled_cups == [1, 2, 3]


def test_a_second_dispatcher_of_the_same_engine_continues_after_the_checkpoint(app, tmp_path):
    head = append_kettle_boiled(1)
    Dispatcher(app, engine_run_id="one", folder=tmp_path).drain()
    append_kettle_boiled(2, head)

    Dispatcher(app, engine_run_id="one", folder=tmp_path).drain()

    assert recording_handlers.handled_cups == [1, 2]


def test_after_a_restart_of_the_engine_journal_entries_after_the_checkpoint_are_sent_again(app, tmp_path):
    append_kettle_boiled(1)
    Dispatcher(app, engine_run_id="one", folder=tmp_path).drain()
    recording_handlers.handled_cups.clear()

    Dispatcher(app, engine_run_id="two", folder=tmp_path).drain()

    # Within the overlap of a minute; the same record on the new stream is not sent twice.
    assert recording_handlers.handled_cups == [1]
    assert Checkpoint.read(tmp_path / "handle_stream.json").engine == "two"


def test_a_poison_entry_becomes_a_dead_letter_and_delays_no_other(app, aws):
    head = append_kettle_boiled(recording_handlers.POISON_CUPS)
    append_kettle_boiled(2, head)

    Dispatcher(app).drain()

    assert recording_handlers.handled_cups == [2]
    assert [letter["Records"][0]["dynamodb"]["Keys"]["sequence"]["N"] for letter in dead_letters(aws)] == ["1"]


def test_a_message_is_retried_twice_and_then_becomes_a_dead_letter(app, aws):
    dispatcher = Dispatcher(app, retry_delay_seconds=0)

    aws.client("sns").publish(TopicArn=config.topic_arn("orders"), Subject="Test", Message="poison")
    aws.client("sns").publish(TopicArn=config.topic_arn("orders"), Subject="Test", Message="tea")
    dispatcher.drain()

    assert sorted(recording_handlers.received_messages) == ["poison"] * 3 + ["tea"]
    assert [letter["Records"][0]["Sns"]["Message"] for letter in dead_letters(aws)] == ["poison"]


def test_a_dispatcher_that_dies_on_a_message_does_not_count_as_a_failure_of_its_handler(app, aws, monkeypatch):
    monkeypatch.setattr(queues, "VISIBILITY_TIMEOUT_SECONDS", 0)
    dispatchers = [Dispatcher(app, retry_delay_seconds=0) for _ in range(4)]
    aws.client("sns").publish(
        TopicArn=config.topic_arn("orders"), Subject="Test", Message=recording_handlers.DEADLY_MESSAGE
    )

    for dying in dispatchers[:3]:
        with pytest.raises(SystemExit):
            dying.drain()
    dispatchers[3].drain()

    assert recording_handlers.received_messages == [recording_handlers.DEADLY_MESSAGE] * 4
    assert dead_letters(aws) == []
    assert dispatchers[3].drain() == 0


def test_a_second_dispatcher_waits_until_the_first_has_exited(tmp_path):
    with exclusive_lock(tmp_path), (tmp_path / "lock").open() as another, pytest.raises(BlockingIOError):
        fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)

    with exclusive_lock(tmp_path):
        pass


def dead_letters(aws) -> list[dict]:
    client = aws.client("sqs")
    url = client.get_queue_url(QueueName="test-dead-letters")["QueueUrl"]
    messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_a_handler_receives_only_the_kinds_that_its_module_subscribes_to(app, aws, monkeypatch):
    monkeypatch.setattr(recording_handlers, "SUBSCRIBED_KINDS", {"KettleBoiled"}, raising=False)
    dispatcher = Dispatcher(app)
    for kind in ("CupWashed", "KettleBoiled"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        aws.client("sns").publish(
            TopicArn=config.topic_arn("orders"), Message=kind, Subject=kind, MessageAttributes=attributes
        )

    dispatcher.drain()

    assert recording_handlers.received_messages == ["KettleBoiled"]
