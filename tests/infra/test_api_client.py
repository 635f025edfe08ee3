"""The API client of the local tools: requests, retries and errors."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from infra.local.api_client import MAX_ATTEMPTS, ApiClient, ApiError

Answer = tuple[int, Any]
DROP_CONNECTION: Answer = (0, None)


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `answers`, and records it in `requests`."""

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.requests = answers, list[dict[str, Any]]()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append({"path": self.path, "headers": headers, "body": body})
        status, answer = self.server.answers.pop(0)
        if (status, answer) == DROP_CONNECTION:
            self.close_connection = True
            return
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    started: list[Server] = []

    def start(*answers: Answer) -> Server:
        started.append(Server(list(answers)))
        threading.Thread(target=started[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_a_post_carries_its_token_its_body_and_a_key(serve: Callable[..., Server]) -> None:
    server = serve((201, {"id": "ord_1"}))

    answer = ApiClient(server.base, "a-token").post("/orders", {"lines": []}, key="one-key")

    (request,) = server.requests
    assert answer == {"id": "ord_1"}
    assert (request["path"], json.loads(request["body"])) == ("/api/orders", {"lines": []})
    assert request["headers"]["authorization"] == "Bearer a-token"
    assert request["headers"]["idempotency-key"] == "one-key"


@pytest.mark.parametrize("fault", [(503, {"code": "unavailable"}), DROP_CONNECTION], ids=["busy", "hung up"])
def test_a_request_is_repeated_with_the_same_key_after_a_temporary_fault(
    serve: Callable[..., Server], fault: Answer
) -> None:
    server = serve(fault, (201, {"id": "ord_1"}))

    assert ApiClient(server.base).post("/orders") == {"id": "ord_1"}
    first, second = (request["headers"]["idempotency-key"] for request in server.requests)
    assert first == second


def test_a_refusal_is_raised_with_its_code_and_detail(serve: Callable[..., Server]) -> None:
    server = serve((409, {"code": "out_of_stock", "detail": "2 are left."}))

    with pytest.raises(ApiError) as raised:
        ApiClient(server.base).post("/orders")

    assert (raised.value.status, raised.value.code, raised.value.detail) == (409, "out_of_stock", "2 are left.")
    assert len(server.requests) == 1


def test_a_busy_api_is_called_six_times(serve: Callable[..., Server]) -> None:
    server = serve(*[(503, {"code": "unavailable"})] * MAX_ATTEMPTS)

    with pytest.raises(ApiError, match="503 unavailable"):
        ApiClient(server.base).get("/orders")
    assert len(server.requests) == MAX_ATTEMPTS


def test_a_connection_that_breaks_twice_is_an_error(serve: Callable[..., Server]) -> None:
    server = serve(DROP_CONNECTION, DROP_CONNECTION)

    with pytest.raises(httpx.HTTPError):
        ApiClient(server.base).get("/orders")
