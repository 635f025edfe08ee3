"""DynamoDB's HTTP API signed and sent by botocore, without the layers that plain JSON does not need.

PynamoDB writes requests and reads answers just as they go over the wire. Walking the service's model over both, finding
the endpoint anew and describing ourselves in a header was most of a call's CPU, here and on Lambda. What is left to
botocore: credentials, signatures, connections, and its `before-send` hook.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pynamodb.connection
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from chalicelib.kit import compact

SENDS = 3
LEAST_FAILURE = 300  # of HTTP's statuses
SERVERS_FAULT = 500
# The moment was wrong, or the store itself: the same request may do better.
BUSY = {
    *(
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "LimitExceededException",
    ),
    *("TransactionInProgressException", "TransactionConflictException", "InternalServerError", "ServiceUnavailable"),
}
Pause = Callable[[int], None]


class Connection(pynamodb.connection.Connection):
    """PynamoDB's, with the short way underneath. `pause` waits before the next of at most three sends."""

    def __init__(self, pause: Pause, **settings: Any) -> None:
        super().__init__(**settings)
        self._pause = pause
        self._short: ShortWay | None = None

    @property
    def client(self) -> Any:
        usual = super().client  # made anew when there were no credentials yet
        if self._short is None or self._short.usual is not usual:
            self._short = ShortWay(usual, self._pause)
        return self._short

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> Any:
        """PynamoDB would ask for the units of each call here, and tell listeners that nobody is."""
        return self._make_api_call(operation_name, operation_kwargs)


class ShortWay:
    """Stands where PynamoDB expects botocore's client, and is that for everything but the calls themselves."""

    def __init__(self, usual: Any, pause: Pause) -> None:
        self.usual, self.pause = usual, pause
        self.signer = SigV4Auth(usual._request_signer._credentials, "dynamodb", usual.meta.region_name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.usual, name)

    def _make_api_call(self, operation: str, request: dict[str, Any]) -> Any:
        body = json.dumps(request, default=_in_base64).encode()
        for attempt in range(SENDS - 1):
            try:
                return self._send(operation, body)
            except (ClientError, ConnectionError, HTTPClientError) as error:
                if not _may_pass(error):
                    raise
            self.pause(attempt)
        return self._send(operation, body)

    def _send(self, operation: str, body: bytes) -> Any:
        target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        request = AWSRequest("POST", f"{self.usual.meta.endpoint_url}/", headers=target, data=body)
        self.signer.add_auth(request)
        prepared = request.prepare()
        hooks = self.usual.meta.events.emit(f"before-send.dynamodb.{operation}", request=prepared)
        answered = next((answer for _, answer in hooks if answer is not None), None)
        return _read(operation, answered or self.usual._endpoint.http_session.send(prepared))


def _read(operation: str, answer: Any) -> Any:
    if answer.status_code < LEAST_FAILURE:
        return compact.read(answer.content)
    raise ClientError(_refusal(answer), operation)


def _refusal(answer: Any) -> dict[str, Any]:
    """As botocore shapes it: {"Error": {"Code", "Message"}, "CancellationReasons": […]}."""
    try:
        said = json.loads(answer.content)
    except ValueError:
        said = {}  # a proxy in between speaks HTML
    code = said.get("__type", str(answer.status_code)).rpartition("#")[2]
    words = said.get("message") or said.get("Message") or ""
    told = {"HTTPStatusCode": answer.status_code, "HTTPHeaders": {k.lower(): v for k, v in answer.headers.items()}}
    reasons = said.get("CancellationReasons", [])
    return {"Error": {"Code": code, "Message": words}, "ResponseMetadata": told, "CancellationReasons": reasons}


def _may_pass(error: Exception) -> bool:
    """Every request may be sent again: reads change nothing, and a transaction carries its token."""
    if not isinstance(error, ClientError):
        return True
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status >= SERVERS_FAULT or error.response["Error"]["Code"] in BUSY


def _in_base64(value: Any) -> str:
    return base64.b64encode(value).decode()
