"""Files in the bucket: storing, reading, and what is raised when the bucket fails."""

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
    """A function that makes every later request to the bucket fail in the given way, without pauses between retries."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    events, registered = files.client().meta.events, []

    def fail(fault: Answer) -> None:
        registered.append(lambda request, **_: fault(request))
        events.register_first("before-send.s3", registered[-1])

    yield fail
    for handler in registered:
        events.unregister("before-send.s3", handler)


def stored_keys(aws: Any) -> list[str]:
    response = aws.client("s3").list_objects_v2(Bucket=config.bucket())
    return [item["Key"] for item in response.get("Contents", [])]


def test_a_file_stored_twice_has_one_key(aws: Any) -> None:
    keys = [files.upload("proofs", PICTURE), files.upload("proofs", PICTURE)]

    assert files.download(keys[0]) == ("image/png", PICTURE)
    assert stored_keys(aws) == [keys[0]] == [keys[1]]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_download_is_unavailable(bucket_fault: Callable[[Answer], None], fault: Answer) -> None:
    key = files.upload("proofs", PICTURE)
    bucket_fault(fault)

    with pytest.raises(Unavailable):
        files.download(key)


def test_a_download_that_breaks_off_is_unavailable(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class BrokenBody:
        def read(self) -> bytes:
            raise ReadTimeoutError(endpoint_url="the bucket")

    response = {"ContentType": "image/png", "Body": BrokenBody()}
    monkeypatch.setattr(files.client(), "get_object", lambda **_: response)

    with pytest.raises(Unavailable):
        files.download("proofs/begun")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_upload_is_unavailable(aws: Any, bucket_fault: Callable[[Answer], None], fault: Answer) -> None:
    bucket_fault(fault)

    with pytest.raises(Unavailable):
        files.upload("proofs", PICTURE)


def test_a_missing_file_is_not_found(aws: Any) -> None:
    with pytest.raises(NotFound):
        files.download("proofs/missing")
