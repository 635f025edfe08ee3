"""One kept line to DynamoDB: a request is one write, and an answer mostly one read.

urllib3 sends a request's head and body apart, reads an answer's head as if it were mail, and looks each time whether a
proxy stands in between: a third of what placing an order costs. The rules of TLS and how long to wait are those of the
session that botocore would have gone by.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session, get_cert_path

AT_ONCE = 65_536
PORTS = {"https": 443, "http": 80}


def leads_there(session: Any, url: str) -> bool:
    """Through a proxy, or where somebody has put in a session of his own, it does not."""
    return type(session) is URLLib3Session and not session._proxy_config.proxy_url_for(url)


class Line:
    """For one thread, to one address."""

    def __init__(self, session: Any, url: str) -> None:
        place = urlsplit(url)
        self.url, self.host = url, place.netloc
        self.address = place.hostname or "", place.port or PORTS[place.scheme]
        self.seconds = session._timeout.connect_timeout, session._timeout.read_timeout
        self.rules = ssl.create_default_context(cafile=get_cert_path(True)) if place.scheme == "https" else None
        self.socket: socket.socket | None = None

    def send(self, request: Any) -> AWSResponse:
        """A line that was hung up between two calls is dialed once more. Whoever was asked may have heard it, and hears
        it again then: reads change nothing, and a transaction carries its token."""
        sent = written(request, "/", self.host)
        for fresh in (self.socket is None, True):
            line = self.socket or self._dialed()
            try:
                line.sendall(sent)
                status, pairs, body = answer(request.method, line)
            except TimeoutError as error:
                self.hang_up()
                raise ReadTimeoutError(endpoint_url=self.url, error=error) from error
            except (OSError, HungUp) as error:
                self.hang_up()
                if fresh or (isinstance(error, HungUp) and error.midway):
                    raise ConnectionClosedError(endpoint_url=self.url, error=error) from error
                continue
            headers = dict(pairs)
            if headers.get("connection", "").lower() == "close":
                self.hang_up()
            return AWSResponse(self.url, status, headers, Raw(body))
        raise AssertionError

    def _dialed(self) -> socket.socket:
        connect, read = self.seconds
        try:
            line = socket.create_connection(self.address, connect)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = self.rules.wrap_socket(line, server_hostname=self.address[0]) if self.rules else line
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self.url, error=error) from error
        self.socket.settimeout(read)
        return self.socket

    def hang_up(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


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


def answer(method: str, line: socket.socket) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers by their names in small letters, body."""
    head, rest = until(line, b"", b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (each.partition(":") for each in lines)
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    status, said = int(first.split(" ", 2)[1]), dict(headers)
    if method == "HEAD" or status in (204, 304):
        return status, headers, b""
    if said.get("transfer-encoding", "").lower() == "chunked":
        return status, headers, chunked(line, rest)
    return status, headers, exactly(line, rest, int(said.get("content-length", "0")))[0]


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
    parts: list[bytes] = []
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
