"""The line to DynamoDB: one write for each request, and whatever happens to it is told as botocore would tell it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from chalicelib.kit.line import Line, leads_there
from infra.local.wire import Session

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LAST = b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nhello"
IN_CHUNKS = b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
HALF = WHOLE[:-3]


class Other:
    """Who answers: for each connection, what is said to each request on it; then it hangs up."""

    def __init__(self, *connections: list[bytes]) -> None:
        self.heard: list[list[bytes]] = []
        self.stays = threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}/"
        self.thread = threading.Thread(target=self.answer, args=(connections,), daemon=True)
        self.thread.start()

    def answer(self, connections: tuple[list[bytes], ...]) -> None:
        for said in connections:
            with suppress(OSError), self.door.accept()[0] as line:
                self.heard.append([])
                for each in said:
                    self.heard[-1].append(line.recv(65_536))
                    line.sendall(each) if each else self.stays.wait(30)

    def gone(self) -> None:
        self.stays.set()
        self.thread.join(30)
        self.door.close()


@pytest.fixture
def other() -> Iterator[Callable[..., Other]]:
    made: list[Other] = []

    def one(*connections: list[bytes]) -> Other:
        made.append(Other(*connections))
        return made[-1]

    yield one
    for each in made:
        each.gone()


def line_to(url: str, read_seconds: float = 30) -> Line:
    return Line(URLLib3Session(timeout=(1, read_seconds)), url)


def request(url: str, body: bytes = b"{}") -> AWSRequest:
    return AWSRequest("POST", url, headers={"X-Amz-Target": "GetItem"}, data=body).prepare()


def test_a_request_is_one_write_and_the_line_is_kept(other: Callable[..., Other]) -> None:
    there = other([WHOLE, WHOLE])
    line = line_to(there.url)

    answers = [line.send(request(there.url)) for _ in "ab"]

    assert [(each.status_code, each.content) for each in answers] == [(200, b"hello")] * 2
    host = there.url[len("http://") : -1].encode()
    asked = b"POST / HTTP/1.1\r\nHost: " + host + b"\r\nX-Amz-Target: GetItem\r\nContent-Length: 2\r\n\r\n{}"
    assert there.heard == [[asked, asked]]


def test_an_answer_may_come_in_chunks(other: Callable[..., Other]) -> None:
    there = other([IN_CHUNKS])

    found = line_to(there.url).send(request(there.url))

    assert (found.status_code, found.content) == (400, b"hello")


def test_a_line_that_was_hung_up_meanwhile_is_dialed_again(other: Callable[..., Other]) -> None:
    there = other([WHOLE], [LAST], [WHOLE])
    line = line_to(there.url)

    found = [line.send(request(there.url)).content for _ in "abc"]

    assert found == [b"hello"] * 3
    assert [len(each) for each in there.heard] == [1, 1, 1]


@pytest.mark.parametrize("said", [[HALF], []])
def test_a_line_that_breaks_at_the_first_word_is_told(other: Callable[..., Other], said: list[bytes]) -> None:
    there = other(said)
    line = line_to(there.url)

    with pytest.raises(ConnectionClosedError):
        line.send(request(there.url))
    assert line.socket is None


def test_half_an_answer_is_no_reason_to_ask_again_at_once(other: Callable[..., Other]) -> None:
    there = other([WHOLE, HALF], [WHOLE])
    line = line_to(there.url)
    line.send(request(there.url))

    with pytest.raises(ConnectionClosedError):
        line.send(request(there.url))
    assert len(there.heard) == 1
    assert line.send(request(there.url)).content == b"hello"


def test_silence_ends_after_the_time_allowed(other: Callable[..., Other]) -> None:
    there = other([b""])
    line = line_to(there.url, read_seconds=0.01)

    with pytest.raises(ReadTimeoutError):
        line.send(request(there.url))
    assert line.socket is None


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"

    with pytest.raises(EndpointConnectionError):
        line_to(url).send(request(url))


def test_who_cannot_show_that_he_is_who_we_asked_for_hears_nothing(other: Callable[..., Other]) -> None:
    there = other([WHOLE])
    line = line_to(there.url.replace("http:", "https:"))

    with pytest.raises(EndpointConnectionError):
        line.send(request(there.url))
    assert line.rules is not None
    assert line.rules.check_hostname
    assert b"GetItem" not in there.heard[0][0]


def test_through_a_proxy_and_with_somebody_elses_session_botocore_goes_its_own_way() -> None:
    url = "https://dynamodb.ap-southeast-3.amazonaws.com/"

    assert leads_there(URLLib3Session(), url)
    assert not leads_there(URLLib3Session(proxies={"https": "http://10.0.0.1:3128"}), url)
    assert not leads_there(Session(), url)
