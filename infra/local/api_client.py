"""A client of the shop's HTTP API: JSON bodies, an idempotency key for each POST, retries while the API is busy."""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

TIMEOUT_SECONDS = 120  # an import of thousands of rows takes long
MAX_ATTEMPTS = 6

_local = threading.local()


class ApiError(Exception):
    """An error response of the API; `code` and `detail` are those of its problem document."""

    def __init__(self, status: int, problem: Any) -> None:
        self.status, self.problem = status, problem if isinstance(problem, dict) else {}
        self.code = str(self.problem.get("code", status))
        self.detail = str(self.problem.get("detail") or problem)
        super().__init__(f"{status} {self.code}: {self.detail}")


@dataclass(frozen=True)
class ApiClient:
    base: str
    token: str = ""

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def put(self, path: str, body: Any) -> Any:
        return self.request("PUT", path, body)

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        """Send a POST with an idempotency key, so that repeating it after a lost response is safe."""
        return self.request("POST", path, {} if body is None else body, key or uuid.uuid4().hex)

    def request(self, method: str, path: str, body: Any = None, key: str = "", kind: str = "application/json") -> Any:
        """The parsed body of the response. Raises ApiError for a refusal and httpx.HTTPError without a response."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": kind}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        for attempt in range(MAX_ATTEMPTS):
            response = send(httpx.Request(method, f"{self.base}/api{path}", headers=headers, content=content))
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or attempt == MAX_ATTEMPTS - 1:
                break
            time.sleep(0.05 * 2**attempt)
        if response.is_error:
            raise ApiError(response.status_code, parse_body(response))
        return parse_body(response)


def send(request: httpx.Request) -> httpx.Response:
    """Send a request, and once more if the connection breaks: the server may close it while it is idle.

    Repeating is safe because every POST has an idempotency key.
    """
    try:
        return thread_client().send(request)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return thread_client().send(request)


def thread_client() -> httpx.Client:
    """The thread's client, so that calls of one thread share a connection."""
    if not hasattr(_local, "client"):
        _local.client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)
    client: httpx.Client = _local.client
    return client


def parse_body(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return response.text
