"""What DynamoDB answers, and what the package's callers are told of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from pynamodb.exceptions import AttributeDeserializationError

from chalicelib.kit import db
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.idempotency import IdempotencyKey, IdempotencyRecord, record_answer
from chalicelib.stock.store import LevelRow
from tests.verification.faults.wire import RawResponse, build_response

EVENT = "before-send.dynamodb"
Answer = Callable[[Any], AWSResponse | None]
KEY = IdempotencyKey("somebody#door#key", "hash")


@pytest.fixture
def pauses(aws: None, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds between the sends of one request; no test waits for them."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def dynamodb_faults(pauses: list[float]) -> Iterator[Callable[..., list[Any]]]:
    """Each send is met by the next of these; after the last the table answers."""
    events, heard, put_in = db.connection().client.meta.events, [], []

    def these(*answers: Answer) -> list[Any]:
        left = list(answers)

        def next_one(request: Any, **_: Any) -> AWSResponse | None:
            heard.append(json.loads(request.body))
            return left.pop(0)(request) if left else None

        events.register_first(EVENT, next_one)
        put_in.append(next_one)
        return heard

    yield these
    for each in put_in:
        events.unregister(EVENT, each)


def failing(status: int, code: str) -> Answer:
    return lambda request: build_response(request, status, code, "made by a test")


broken, busy = failing(500, "InternalServerError"), failing(400, "ThrottlingException")
in_progress = failing(400, "TransactionInProgressException")
invalid_request, forbidden = failing(400, "ValidationException"), failing(400, "AccessDeniedException")


def timed_out(request: Any) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def proxy_error_page(request: Any) -> AWSResponse:
    return AWSResponse(request.url, 502, {}, RawResponse(b"<html>Bad gateway</html>"))


TRANSIENT_FAULTS = [broken, busy, in_progress, timed_out, proxy_error_page]


def load_record() -> Any:
    return db.get(IdempotencyRecord, KEY.scope, "request")


@pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
def test_a_fault_that_may_pass_is_sent_again_as_it_was(
    dynamodb_faults: Callable[..., list[Any]], pauses: list[float], fault: Answer
) -> None:
    db.commit([record_answer(KEY, {"total": 1})])
    heard = dynamodb_faults(fault, fault)

    assert load_record().body_hash == "hash"
    assert pauses == [0.05, 0.1]
    assert heard[0] == heard[1] == heard[2]


@pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
def test_after_three_sends_the_table_is_unavailable(dynamodb_faults: Callable[..., list[Any]], fault: Answer) -> None:
    heard = dynamodb_faults(fault, fault, fault)

    with pytest.raises(Unavailable):
        load_record()
    assert len(heard) == 3


@pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
def test_a_commit_that_is_not_answered_three_times_is_unavailable(
    dynamodb_faults: Callable[..., list[Any]], fault: Answer
) -> None:
    heard = dynamodb_faults(fault, fault, fault)

    with pytest.raises(Unavailable):
        db.commit([record_answer(KEY, {"total": 1})])
    assert len(heard) == 3


@pytest.mark.parametrize("fault", [invalid_request, forbidden])
def test_a_mistake_of_ours_is_sent_once_and_stays_loud(
    dynamodb_faults: Callable[..., list[Any]], fault: Answer
) -> None:
    heard = dynamodb_faults(fault)

    with pytest.raises(Exception, match="made by a test"):
        load_record()
    assert len(heard) == 1


def test_bytes_come_back_as_they_went(aws: None) -> None:
    db.commit([record_answer(KEY, {"name": "Teko \N{TEACUP WITHOUT HANDLE}"})])

    found = load_record()
    assert isinstance(found.answer, bytes)
    assert found.answer == record_answer(KEY, {"name": "Teko \N{TEACUP WITHOUT HANDLE}"}).row.answer  # type: ignore[union-attr]


def test_a_transaction_sent_again_carries_the_same_token(dynamodb_faults: Callable[..., list[Any]]) -> None:
    heard = dynamodb_faults(timed_out)

    db.commit([record_answer(KEY, {"total": 1})])
    assert heard[0]["ClientRequestToken"] == heard[1]["ClientRequestToken"]


@pytest.mark.parametrize("failing", range(4))
def test_the_reason_of_a_cancelled_transaction_lands_on_its_write(aws: None, failing: int) -> None:
    """PynamoDB reorders a transaction by verb; `PYNAMODB_ORDER` has to be the order of its current release."""
    rows = [LevelRow(f"TEAPOT@wh#{n}", "level", on_hand=7) for n in range(4)]
    db.commit([db.create(row) for row in rows])
    holds = [LevelRow.on_hand == (8 if n == failing else 7) for n in range(4)]

    with pytest.raises(db.TransactionCancelled) as cancelled:
        db.engine.transact(
            [
                db.update(rows[0], LevelRow.on_hand.add(1), when=holds[0]),
                db.put(rows[1], when=holds[1]),
                db.delete(rows[2], when=holds[2]),
                db.check(rows[3], holds[3]),
            ],
            "a-token-of-its-own",
        )

    codes = [code for code, _ in cancelled.value.reasons]
    assert codes == ["ConditionalCheckFailed" if n == failing else None for n in range(4)]


def test_all_tables_share_one_client(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client costs a cold start 57 ms, and PynamoDB would make one for each model that calls by itself."""
    clients, create_client = [], botocore.session.Session.create_client

    def counted(session: Any, service: str, *args: Any, **kwargs: Any) -> Any:
        clients.append(service)
        return create_client(session, service, *args, **kwargs)

    monkeypatch.setattr(botocore.session.Session, "create_client", counted)
    db.reset_connection()

    db.commit([record_answer(KEY, {"total": 1}), db.create(LevelRow("TEAPOT@wh#0", "level", on_hand=7))])
    db.commit([db.update(LevelRow("TEAPOT@wh#0", "level"), LevelRow.on_hand.add(1), when=LevelRow.on_hand == 7)])
    db.commit(
        [
            db.check(LevelRow("TEAPOT@wh#0", "level"), LevelRow.on_hand == 8),
            db.delete(IdempotencyRecord(KEY.scope, "request")),
        ]
    )
    assert load_record() is None
    assert db.query(LevelRow, "TEAPOT@wh#0").items[0].on_hand == 8
    assert clients == ["dynamodb"]


def test_a_connection_that_is_given_is_used_until_it_is_forgotten(aws: None) -> None:
    first = db.connection()
    db.reset_connection()
    second = db.connection()

    db.use_connection(first)

    assert db.connection() is first is not second


def test_a_row_is_read_as_it_was_written_with_defaults_for_what_is_not_there() -> None:
    written = LevelRow("TEAPOT@wh#0", "level", on_hand=7, reserved=2, safety=1).serialize()
    del written["display"]

    read = LevelRow.from_raw_data(written | {"list": {"NULL": True}, "of_a_later_version": {"S": "?"}})

    assert {name: getattr(read, name) for name in ("pk", "sk", "on_hand", "reserved", "safety")} == {
        "pk": "TEAPOT@wh#0",
        "sk": "level",
        "on_hand": 7,
        "reserved": 2,
        "safety": 1,
    }
    assert (read.display, read.shelves, read.list) == (0, None, None)


def test_a_row_whose_attribute_has_another_type_is_not_guessed_at() -> None:
    written = LevelRow("TEAPOT@wh#0", "level").serialize() | {"on_hand": {"S": "seven"}}

    with pytest.raises(AttributeDeserializationError):
        LevelRow.from_raw_data(written)
