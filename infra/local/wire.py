"""A short way to the local engine: botocore's requests over plain keep-alive sockets on loopback.

On one machine most of a call's time is spent on the way, and most of that in layers made for the internet: proxies,
TLS, redirects, pools. Here a request is one write and an answer mostly one read. Only the local processes use it, and
only towards 127.0.0.1; what botocore does besides (retries, parsing, errors) stays as it is on AWS.
"""

from __future__ import annotations

import os
import socket
import threading
from functools import partialmethod
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.endpoint import EndpointCreator
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib.kit.line import HungUp, Raw, answer, written

CONNECT_SECONDS = 5
LOOPBACK = "http://127.0.0.1:"
USUAL, SIGNED = EndpointCreator.create_endpoint, SigV4Auth.add_auth


def use() -> None:
    """Every botocore client made from now on in this process takes the short way, where it leads to loopback."""
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith(LOOPBACK):
        EndpointCreator.create_endpoint = partialmethod(USUAL, http_session_cls=Session)
        SigV4Auth.add_auth = add_auth


def add_auth(self: Any, request: Any) -> None:
    """The engine reads service and region from here and checks no signature, so none is computed for it."""
    if not request.url.startswith(LOOPBACK):
        SIGNED(self, request)
        return
    scope = f"{self.credentials.access_key}/19700101/{self._region_name}/{self._service_name}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"


class Session(URLLib3Session):  # type: ignore[misc]
    """One socket for each thread and host. What is not on loopback goes the usual way."""

    def __init__(self, *args: Any, timeout: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, timeout=timeout, **kwargs)
        self._read_seconds = timeout[1] if isinstance(timeout, tuple | list) else timeout
        self._lines = threading.local()

    def send(self, request: Any) -> Any:
        place = urlsplit(request.url)
        if place.scheme != "http" or place.hostname != "127.0.0.1" or not isinstance(request.body, bytes | str | None):
            return super().send(request)
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        try:
            return self._exchange(request, place.netloc, written(request, target, place.netloc))
        except TimeoutError as error:
            self._hang_up(place.netloc)
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error

    def _exchange(self, request: Any, host: str, sent: bytes) -> AWSResponse:
        """A line that the engine hung up between two calls is dialed once more: it had not even been read."""
        for fresh in (False, True):
            line = self._line(request.url, host)
            try:
                line.sendall(sent)
                return heard(request, line)
            except (ConnectionError, HungUp) as error:
                self._hang_up(host)
                if fresh or (isinstance(error, HungUp) and error.midway):
                    raise ConnectionClosedError(endpoint_url=request.url, error=error) from error
        raise AssertionError

    def _line(self, url: str, host: str) -> socket.socket:
        lines = self._lines.__dict__
        if host not in lines:
            name, _, port = host.partition(":")
            try:
                line = socket.create_connection((name, int(port or 80)), CONNECT_SECONDS)
            except OSError as error:
                raise EndpointConnectionError(endpoint_url=url, error=error) from error
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(self._read_seconds)
            lines[host] = line
        return lines[host]  # type: ignore[no-any-return]

    def _hang_up(self, host: str) -> None:
        if line := self._lines.__dict__.pop(host, None):
            line.close()


def heard(request: Any, line: socket.socket) -> AWSResponse:
    status, pairs, body = answer(request.method, line)
    headers = HTTPHeaders()
    for name, value in pairs:
        headers[name] = value
    return AWSResponse(request.url, status, headers, Raw(body))
