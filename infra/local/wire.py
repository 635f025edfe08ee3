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

CONNECT_SECONDS = 5
AT_ONCE = 65_536
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
                return answer(request, line)
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


class HungUp(Exception):
    """The other side closed; `midway` when part of an answer had come, so the request may have been carried out."""

    def __init__(self, midway: bool) -> None:
        super().__init__("hung up")
        self.midway = midway


def written(request: Any, target: str, host: str) -> bytes:
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {host}"]
    for name, value in request.headers.items():
        if name.lower() not in ("host", "content-length", "expect"):
            lines.append(f"{name}: {value.decode('latin-1') if isinstance(value, bytes) else value}")
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def answer(request: Any, line: socket.socket) -> AWSResponse:
    head, rest = until(line, b"", b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = HTTPHeaders()
    for each in lines:
        name, _, value = each.partition(":")
        headers[name] = value.strip()
    status = int(first.split(" ", 2)[1])
    if request.method == "HEAD" or status in (204, 304):
        body = b""
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        body = chunked(line, rest)
    else:
        body = exactly(line, rest, int(headers.get("content-length", "0")))[0]
    return AWSResponse(request.url, status, headers, Raw(body))


def until(line: socket.socket, have: bytes, mark: bytes) -> tuple[bytes, bytes]:
    while mark not in have:
        have += received(line, bool(have))
    found, _, rest = have.partition(mark)
    return found, rest


def exactly(line: socket.socket, have: bytes, length: int) -> tuple[bytes, bytes]:
    parts, size = [have], len(have)
    while size < length:
        parts.append(received(line, True))
        size += len(parts[-1])
    have = b"".join(parts)
    return have[:length], have[length:]


def chunked(line: socket.socket, have: bytes) -> bytes:
    parts = []
    while True:
        size, have = until(line, have, b"\r\n")
        length = int(size.split(b";")[0], 16)
        part, have = exactly(line, have, length + 2)
        if not length:
            return b"".join(parts)
        parts.append(part[:-2])


def received(line: socket.socket, midway: bool) -> bytes:
    part = line.recv(AT_ONCE)
    if not part:
        raise HungUp(midway)
    return part


class Raw:
    """What AWSResponse and the parsers of streamed bodies ask of urllib3's answer."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.body

    def read(self, amount: int | None = None, *_: Any, **__: Any) -> bytes:
        part, self.body = (self.body, b"") if amount is None else (self.body[:amount], self.body[amount:])
        return part

    def close(self) -> None:
        pass
