"""Inject faults into real DynamoDB requests with botocore's event hooks."""

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

Fault = Callable[[AWSRequest], AWSResponse | None]  # returns the response, or None to send the request normally


class Wire:
    """Records the sends and calls `fault` for those that `matches` selects by their number and operation."""

    def __init__(
        self, fault: Fault | None = None, matches: Callable[[int, str], bool] = lambda number, name: True
    ) -> None:
        self.fault, self.matches = fault, matches
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
    """Return a second HTTP session, which sends requests that were intercepted."""
    return URLLib3Session()


def forward(request: AWSRequest) -> AWSResponse:
    response: AWSResponse = http_session().send(request)
    response.content  # noqa: B018 - reads the body, so that the engine has completed the request
    return response


def lose_the_reply(request: AWSRequest) -> AWSResponse | None:
    """Execute the request and time out."""
    forward(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def lose_the_request(request: AWSRequest) -> AWSResponse | None:
    raise ReadTimeoutError(endpoint_url=request.url)


def reset_connection(request: AWSRequest) -> AWSResponse | None:
    """Reset the connection before the request is executed."""
    raise ConnectionClosedError(endpoint_url=request.url)


def reset_after_send(request: AWSRequest) -> AWSResponse | None:
    """Execute the request and reset the connection before the response."""
    forward(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def refuse_connection(request: AWSRequest) -> AWSResponse | None:
    raise EndpointConnectionError(endpoint_url=request.url)


def send_twice(request: AWSRequest) -> AWSResponse | None:
    """Execute the request twice and return the second response.

    The second has another client token, as if it came after the ten minutes for which DynamoDB stores tokens.
    """
    forward(request)
    body = json.loads(request.body)
    if "ClientRequestToken" in body:
        body["ClientRequestToken"] = str(uuid.uuid4())
    again = AWSRequest(request.method, request.url, dict(request.headers.items()), json.dumps(body).encode()).prepare()
    again.headers["Content-Length"] = str(len(again.body))
    return forward(again)


def kill_after_send(request: AWSRequest) -> AWSResponse | None:
    """Kill this process after the commit, before its response."""
    forward(request)
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def kill_before_send(request: AWSRequest) -> AWSResponse | None:
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def respond_500(request: AWSRequest) -> AWSResponse | None:
    return build_response(request, 500, "InternalServerError", "internal error")


def throttle(request: AWSRequest) -> AWSResponse | None:
    return build_response(request, 400, "ProvisionedThroughputExceededException", "slow down")


def cancel_transaction(code: str) -> Fault:
    """Return a fault that cancels a transaction because of its first item."""

    def cancel(request: AWSRequest) -> AWSResponse | None:
        codes = [code, *["None"] * (len(json.loads(request.body)["TransactItems"]) - 1)]
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
        reasons = [{"Code": reason} for reason in codes]
        return build_response(request, 400, "TransactionCanceledException", message, CancellationReasons=reasons)

    return cancel


def in_progress_after(request: AWSRequest) -> AWSResponse | None:
    """Execute the request and answer, as to a resend with the same token, that it is still in progress."""
    forward(request)
    return build_response(request, 400, "TransactionInProgressException", "try again later")


# An item of the transaction is part of another one. Local engines never answer this.
conflict = cancel_transaction("TransactionConflict")


def build_response(request: AWSRequest, status: int, code: str, message: str, **fields: Any) -> AWSResponse:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, "Message": message} | fields
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "test-request"}
    return AWSResponse(request.url, status, headers, RawResponse(json.dumps(body).encode()))


class RawResponse(io.BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
