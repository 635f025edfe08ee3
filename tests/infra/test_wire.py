"""The short way to the local engine carries what the usual way carries, and says so when it breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from infra.local.wire import Session

Talk = Callable[[socket.socket, bytes], None]


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """Answers each connection by the next of these talks; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(*talks: Talk) -> str:
        threading.Thread(target=answer_all, args=(listening, talks), daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/path?x=1"

    yield serve
    listening.close()


def answer_all(listening: socket.socket, talks: tuple[Talk, ...]) -> None:
    for talk in talks:
        line, _ = listening.accept()
        with line:
            talk(line, line.recv(65_536))


def saying(*parts: bytes) -> Talk:
    def talk(line: socket.socket, heard: bytes) -> None:
        for part in parts:
            line.sendall(part)

    return talk


def a_request(url: str, body: Any = b"{}") -> Any:
    return SimpleNamespace(method="POST", url=url, headers={"X-Amz-Target": b"DynamoDB.GetItem"}, body=body)


def test_a_chunked_answer_in_pieces_is_put_together(server):
    url = server(
        saying(b"HTTP/1.1 200 OK\r\nTransfer-En", b"coding: chunked\r\n\r\n3\r\nabc\r", b"\n2\r\nde\r\n0\r\n\r\n")
    )

    answer = Session(timeout=5).send(a_request(url))

    assert (answer.status_code, answer.content) == (200, b"abcde")


def test_a_request_is_written_as_it_was_signed(server):
    heard: list[bytes] = []

    def talk(line: socket.socket, said: bytes) -> None:
        heard.append(said)
        line.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\nX-Y: z\r\n\r\nno")

    answer = Session(timeout=5).send(a_request(server(talk), body="ä"))

    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /path?x=1 HTTP/1.1"
    assert {b"X-Amz-Target: DynamoDB.GetItem", b"Content-Length: 2"} < set(head.split(b"\r\n"))
    assert body == "ä".encode()
    assert (answer.status_code, answer.headers["x-y"], answer.content) == (400, "z", b"no")


def test_a_line_hung_up_before_it_answered_is_dialed_once_more(server):
    url = server(saying(), saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))

    assert Session(timeout=5).send(a_request(url)).status_code == 200


def test_an_answer_that_breaks_off_is_an_error_and_not_asked_for_again(server):
    url = server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))

    with pytest.raises(ConnectionClosedError):
        Session(timeout=5).send(a_request(url))


def test_who_never_answers_is_given_up_on(server):
    hold = threading.Event()

    with pytest.raises(ReadTimeoutError):
        Session(timeout=(1, 0.05)).send(a_request(server(lambda line, heard: hold.wait(5) and None)))

    hold.set()
