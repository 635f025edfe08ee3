"""Pictures and papers: what a bucket that is away, busy or broken means, and one that has no such thing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib.kit import config, files
from chalicelib.kit.errors import NotFound, Unavailable
from tests.verification.faults.wire import RawResponse

PICTURE = b"\x89PNG\r\n\x1a\n of a receipt"
Answer = Callable[[Any], AWSResponse]


def unreachable(request: Any) -> AWSResponse:
    raise EndpointConnectionError(endpoint_url=request.url)


def timed_out(request: Any) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def busy(request: Any) -> AWSResponse:
    return AWSResponse(request.url, 503, {}, RawResponse(b"<Error><Code>SlowDown</Code></Error>"))


def broken(request: Any) -> AWSResponse:
    return AWSResponse(request.url, 500, {}, RawResponse(b"<Error><Code>InternalError</Code></Error>"))


FAULTS = [unreachable, timed_out, busy, broken]


@pytest.fixture
def bucket_fault(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], None]]:
    """From now on each send to the bucket meets this; nobody waits between tries."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    events, put_in = files.client().meta.events, []

    def meet(fault: Answer) -> None:
        put_in.append(lambda request, **_: fault(request))
        events.register_first("before-send.s3", put_in[-1])

    yield meet
    for each in put_in:
        events.unregister("before-send.s3", each)


def stored_keys(aws: Any) -> list[str]:
    found = aws.client("s3").list_objects_v2(Bucket=config.bucket())
    return [each["Key"] for each in found.get("Contents", [])]


def test_what_is_kept_is_fetched_and_kept_twice_is_kept_once(aws: Any) -> None:
    kept = [files.upload("proofs", PICTURE), files.upload("proofs", PICTURE)]

    assert files.download(kept[0]) == ("image/png", PICTURE)
    assert stored_keys(aws) == [kept[0]] == [kept[1]]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_picture_that_the_bucket_does_not_give_now_is_unavailable(
    bucket_fault: Callable[[Answer], None], fault: Answer
) -> None:
    kept = files.upload("proofs", PICTURE)
    bucket_fault(fault)

    with pytest.raises(Unavailable):
        files.download(kept)


def test_a_picture_lost_on_its_way_is_unavailable(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Torn:
        def read(self) -> bytes:
            raise ReadTimeoutError(endpoint_url="the bucket")

    given = {"ContentType": "image/png", "Body": Torn()}
    monkeypatch.setattr(files.client(), "get_object", lambda **_: given)

    with pytest.raises(Unavailable):
        files.download("proofs/begun")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bucket_that_takes_nothing_now_is_unavailable(
    aws: Any, bucket_fault: Callable[[Answer], None], fault: Answer
) -> None:
    bucket_fault(fault)

    with pytest.raises(Unavailable):
        files.upload("proofs", PICTURE)


def test_a_picture_that_is_not_there_is_not_found(aws: Any) -> None:
    with pytest.raises(NotFound):
        files.download("proofs/never-kept")
