"""Faults on the wire between us and DynamoDB, put in by botocore's own hooks: what is sent is really sent, or not."""

from __future__ import annotations

import io
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib.kit import db

EVENT = "before-send.dynamodb"
WRITES = "TransactWriteItems"

Fault = Callable[[AWSRequest], AWSResponse | None]  # the answer to a request; None lets it through


class Wire:
    """Counts what is sent and calls `fault` on the sends that `meant` picks by their number and operation."""

    def __init__(
        self, fault: Fault | None = None, meant: Callable[[int, str], bool] = lambda number, name: True
    ) -> None:
        self.fault, self.matches = fault, meant
        self.sent: list[str] = []

    def __call__(self, request: AWSRequest, **_: Any) -> AWSResponse | None:
        number, name = len(self.sent), operation(request)
        self.sent.append(name)
        if self.fault is None or not self.matches(number, name):
            return None
        return self.fault(request)


@contextmanager
def inject(wire: Wire) -> Iterator[Wire]:
    events = db.connection().client.meta.events
    events.register(EVENT, wire)
    try:
        yield wire
    finally:
        events.unregister(EVENT, wire)


def operation(request: AWSRequest) -> str:
    target = request.headers["X-Amz-Target"]
    return str(target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]


@cache
def http_session() -> URLLib3Session:
    """botocore's own way to send a request, beside the client whose send was stopped."""
    return URLLib3Session()


def forward(request: AWSRequest) -> AWSResponse:
    answer: AWSResponse = http_session().send(request)
    answer.content  # noqa: B018 - read to its end, so that the engine is done with it
    return answer


def lose_the_reply(request: AWSRequest) -> AWSResponse | None:
    """It was done, and nobody hears of it."""
    forward(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def lose_the_request(request: AWSRequest) -> AWSResponse | None:
    raise ReadTimeoutError(endpoint_url=request.url)


def reset_connection(request: AWSRequest) -> AWSResponse | None:
    """Reset before anything was done."""
    raise ConnectionClosedError(endpoint_url=request.url)


def reset_after_send(request: AWSRequest) -> AWSResponse | None:
    """Done, and reset before a word of it was said."""
    forward(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def refuse_connection(request: AWSRequest) -> AWSResponse | None:
    raise EndpointConnectionError(endpoint_url=request.url)


def send_twice(request: AWSRequest) -> AWSResponse | None:
    """The second under another token, as after the ten minutes that DynamoDB remembers one; its answer is heard."""
    forward(request)
    body = json.loads(request.body)
    if "ClientRequestToken" in body:
        body["ClientRequestToken"] = str(uuid.uuid4())
    again = AWSRequest(request.method, request.url, dict(request.headers.items()), json.dumps(body).encode()).prepare()
    again.headers["Content-Length"] = str(len(again.body))
    return forward(again)


def kill_after_send(request: AWSRequest) -> AWSResponse | None:
    """kill -9 between the commit and its reply."""
    forward(request)
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def kill_before_send(request: AWSRequest) -> AWSResponse | None:
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def respond_500(request: AWSRequest) -> AWSResponse | None:
    return build_response(request, 500, "InternalServerError", "we broke")


def throttle(request: AWSRequest) -> AWSResponse | None:
    return build_response(request, 400, "ProvisionedThroughputExceededException", "slow down")


def cancel_transaction(code: str) -> Fault:
    """The transaction did not happen, because of its first item."""

    def cancelled(request: AWSRequest) -> AWSResponse | None:
        codes = [code, *["None"] * (len(json.loads(request.body)["TransactItems"]) - 1)]
        words = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
        reasons = [{"Code": each} for each in codes]
        return build_response(request, 400, "TransactionCanceledException", words, CancellationReasons=reasons)

    return cancelled


def in_progress_after(request: AWSRequest) -> AWSResponse | None:
    """The first send is at work, its reply is late, and the resend under the same token is told to come back."""
    forward(request)
    return build_response(request, 400, "TransactionInProgressException", "come back later")


# One item of the transaction is in another one's hands; only AWS does this, no local engine.
conflict = cancel_transaction("TransactionConflict")


def build_response(request: AWSRequest, status: int, code: str, words: str, **more: Any) -> AWSResponse:
    said = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": words, "Message": words} | more
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "made-by-a-test"}
    return AWSResponse(request.url, status, headers, RawResponse(json.dumps(said).encode()))


class RawResponse(io.BytesIO):
    """As much of urllib3's answer as botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
