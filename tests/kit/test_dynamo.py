"""The short way to DynamoDB: what is said over the wire is told as botocore would have told it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from chalicelib.kit import db
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.requests import Asked, Request, remember
from tests.verification.faults.wire import Raw, answer

EVENT = "before-send.dynamodb"
Answer = Callable[[Any], AWSResponse | None]
asked = Asked("somebody#door#key", "hash")


@pytest.fixture
def waits(aws: None, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    waited: list[int] = []
    monkeypatch.setattr(db, "pause", waited.append)
    return waited


@pytest.fixture
def answering(waits: list[int]) -> Iterator[Callable[..., list[Any]]]:
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


def broken(request: Any) -> AWSResponse:
    return answer(request, 500, "InternalServerError", "we broke")


def busy(request: Any) -> AWSResponse:
    return answer(request, 400, "ThrottlingException", "slow down")


def not_heard(request: Any) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def page_of_a_proxy(request: Any) -> AWSResponse:
    return AWSResponse(request.url, 502, {}, Raw(b"<html>Bad gateway</html>"))


def mistaken(request: Any) -> AWSResponse:
    return answer(request, 400, "ValidationException", "no such attribute")


def read() -> Any:
    return db.get(Request, asked.scope, "request")


@pytest.mark.parametrize("fault", [broken, busy, not_heard, page_of_a_proxy])
def test_a_fault_that_may_pass_is_sent_again_as_it_was(
    answering: Callable[..., list[Any]], waits: list[int], fault: Answer
) -> None:
    db.commit([remember(asked, {"total": 1})])
    heard = answering(fault, fault)

    assert read().body_hash == "hash"
    assert waits == [0, 1]
    assert heard[0] == heard[1] == heard[2]


@pytest.mark.parametrize("fault", [broken, busy, not_heard, page_of_a_proxy])
def test_after_three_sends_the_table_is_unavailable(answering: Callable[..., list[Any]], fault: Answer) -> None:
    heard = answering(fault, fault, fault)

    with pytest.raises(Unavailable):
        read()
    assert len(heard) == 3


def test_a_mistake_of_ours_is_sent_once_and_stays_loud(answering: Callable[..., list[Any]]) -> None:
    heard = answering(mistaken)

    with pytest.raises(Exception, match="no such attribute"):
        read()
    assert len(heard) == 1


def test_bytes_come_back_as_they_went(aws: None) -> None:
    db.commit([remember(asked, {"name": "Teko \N{TEACUP WITHOUT HANDLE}"})])

    found = read()
    assert isinstance(found.answer, bytes)
    assert found.answer == remember(asked, {"name": "Teko \N{TEACUP WITHOUT HANDLE}"}).row.answer  # type: ignore[union-attr]


def test_a_transaction_sent_again_carries_the_same_token(answering: Callable[..., list[Any]]) -> None:
    heard = answering(not_heard)

    db.commit([remember(asked, {"total": 1})])
    assert heard[0]["ClientRequestToken"] == heard[1]["ClientRequestToken"]
