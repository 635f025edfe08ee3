"""DynamoDB's errors and cancellation reasons, and what `db` raises for them."""

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
KEY = IdempotencyKey("caller#endpoint#key", "hash")


@pytest.fixture
def pauses(aws: None, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that botocore would have waited between the attempts of a request."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def dynamodb_faults(pauses: list[float]) -> Iterator[Callable[..., list[Any]]]:
    """A function that makes the next requests fail in the given ways; it returns the list of the requests sent."""
    events, requests, registered = db.connection().client.meta.events, [], []

    def fail_next(*answers: Answer) -> list[Any]:
        remaining = list(answers)

        def answer(request: Any, **_: Any) -> AWSResponse | None:
            requests.append(json.loads(request.body))
            return remaining.pop(0)(request) if remaining else None

        events.register_first(EVENT, answer)
        registered.append(answer)
        return requests

    yield fail_next
    for answer in registered:
        events.unregister(EVENT, answer)


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
def test_a_request_is_repeated_unchanged_after_a_transient_fault(
    dynamodb_faults: Callable[..., list[Any]], pauses: list[float], fault: Answer
) -> None:
    db.commit([record_answer(KEY, {"total": 1})])
    requests = dynamodb_faults(fault, fault)

    assert load_record().body_hash == "hash"
    assert pauses == [0.05, 0.1]
    assert requests[0] == requests[1] == requests[2]


@pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
def test_a_read_is_unavailable_after_three_transient_faults(
    dynamodb_faults: Callable[..., list[Any]], fault: Answer
) -> None:
    requests = dynamodb_faults(fault, fault, fault)

    with pytest.raises(Unavailable):
        load_record()
    assert len(requests) == 3


@pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
def test_a_commit_is_unavailable_after_three_transient_faults(
    dynamodb_faults: Callable[..., list[Any]], fault: Answer
) -> None:
    requests = dynamodb_faults(fault, fault, fault)

    with pytest.raises(Unavailable):
        db.commit([record_answer(KEY, {"total": 1})])
    assert len(requests) == 3


@pytest.mark.parametrize("fault", [invalid_request, forbidden])
def test_a_permanent_fault_is_raised_without_a_retry(dynamodb_faults: Callable[..., list[Any]], fault: Answer) -> None:
    requests = dynamodb_faults(fault)

    with pytest.raises(Exception, match="made by a test"):
        load_record()
    assert len(requests) == 1


def test_binary_attributes_read_back_unchanged(aws: None) -> None:
    db.commit([record_answer(KEY, {"name": "Teko \N{TEACUP WITHOUT HANDLE}"})])

    record = load_record()
    assert isinstance(record.answer, bytes)
    assert record.answer == record_answer(KEY, {"name": "Teko \N{TEACUP WITHOUT HANDLE}"}).row.answer  # type: ignore[union-attr]


def test_a_repeated_transaction_has_the_same_token(dynamodb_faults: Callable[..., list[Any]]) -> None:
    requests = dynamodb_faults(timed_out)

    db.commit([record_answer(KEY, {"total": 1})])
    assert requests[0]["ClientRequestToken"] == requests[1]["ClientRequestToken"]


@pytest.mark.parametrize("failing", range(4))
def test_cancellation_reasons_are_returned_in_the_order_of_the_writes(aws: None, failing: int) -> None:
    """PynamoDB reorders a transaction by operation; `PYNAMODB_ORDER` must be the order of its current release."""
    rows = [LevelRow(f"TEAPOT@wh#{n}", "level", on_hand=7) for n in range(4)]
    db.commit([db.create(row) for row in rows])
    conditions = [LevelRow.on_hand == (8 if n == failing else 7) for n in range(4)]

    with pytest.raises(db.TransactionCancelled) as cancelled:
        db.engine.transact(
            [
                db.update(rows[0], LevelRow.on_hand.add(1), when=conditions[0]),
                db.put(rows[1], when=conditions[1]),
                db.delete(rows[2], when=conditions[2]),
                db.check(rows[3], conditions[3]),
            ],
            "a-token-of-its-own",
        )

    codes = [code for code, _ in cancelled.value.reasons]
    assert codes == ["ConditionalCheckFailed" if n == failing else None for n in range(4)]


def test_all_tables_share_one_client(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Creating a client takes 57 ms of a cold start, and PynamoDB would create one for each model."""
    clients, create_client = [], botocore.session.Session.create_client

    def count_client(session: Any, service: str, *args: Any, **kwargs: Any) -> Any:
        clients.append(service)
        return create_client(session, service, *args, **kwargs)

    monkeypatch.setattr(botocore.session.Session, "create_client", count_client)
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


def test_a_connection_is_used_until_it_is_reset(aws: None) -> None:
    first = db.connection()
    db.reset_connection()
    second = db.connection()

    db.use_connection(first)

    assert db.connection() is first is not second


def test_a_row_is_read_as_written_with_defaults_for_missing_attributes() -> None:
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


def test_an_attribute_of_another_type_is_refused() -> None:
    written = LevelRow("TEAPOT@wh#0", "level").serialize() | {"on_hand": {"S": "seven"}}

    with pytest.raises(AttributeDeserializationError):
        LevelRow.from_raw_data(written)
