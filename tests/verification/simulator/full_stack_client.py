"""A client of the HTTP API that signs in, loses responses, retries, and checks that repeated answers are equal."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import auth
from infra.local.server import HttpResponse
from tests.client import call, gateway
from tests.shop import principal_of

MAX_ATTEMPTS = 4
CLIENT_ERRORS = range(400, 500)


def find_uncovered_routes(requests: Iterable[str]) -> list[str]:
    """Return the app's routes, as "METHOD /path", that none of the `requests` matches."""
    requested = [
        (method, path.removeprefix("/api").split("/")) for method, _, path in (pair.partition(" ") for pair in requests)
    ]
    routes = [(method, path) for path, methods in gateway().app.routes.items() for method in methods]
    return [
        f"{method} {path}" for method, path in routes if not any(_matches(method, path, *pair) for pair in requested)
    ]


def _matches(method: str, route: str, requested_method: str, path: list[str]) -> bool:
    parts = route.split("/")
    is_equal = all(part == segment or part.startswith("{") for part, segment in zip(parts, path))
    return method == requested_method and len(parts) == len(path) and is_equal


class RequestRefused(Exception):
    """The endpoint refused the request with a 4xx status."""


class ServiceUnavailable(RequestRefused):
    """No response was received in MAX_ATTEMPTS attempts."""


@dataclass
class RetryingClient:
    """`fail` is called with a message when a response breaks a promise of the API."""

    rng: random.Random
    fail: Callable[[str], Any]
    lost_response_probability: Callable[[], float]  # that a response does not reach the client
    log: Callable[[str], None]
    token_version_of: Callable[[str], int]
    key_count: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[str, Any]] = field(
        default_factory=dict
    )  # key → text and JSON of the first successful response
    requests: dict[str, tuple[str, str, Any, str]] = field(default_factory=dict)  # key → method, path, body, staff
    busy_count: int = 0
    request_count: int = 0
    covered: set[tuple[str, str]] = field(default_factory=set)  # method and path of every successful response

    def post(self, path: str, body: Any = None, by: str = "", **kwargs: Any) -> Any:
        return self.request("POST", path, body, by, **kwargs)

    def get(self, path: str, by: str = "", **kwargs: Any) -> Any:
        return self.request("GET", path, None, by, **kwargs)

    def request(
        self, method: str, path: str, body: Any = None, by: str = "", token: str = "", idempotent: bool = False
    ) -> Any:
        """Send until a response is received, with the same key. All successful responses to a key must be equal."""
        self.key_count += 1
        key = f"a-key-of-this-history-{self.key_count:05}" if idempotent else ""
        self.requests[key] = method, path, body, by
        for _ in range(MAX_ATTEMPTS):
            response = self.send(method, path, body, by, token, key)
            if response.status == 503:
                self.busy_count += 1
                continue
            self.check_repeat(key, response)
            if self.rng.random() < self.lost_response_probability():
                self.log(f"{'':6}(the response {response.status} is lost)")
                continue
            return self.parse_response(response)
        if key in self.answers:
            return self.answers[key][1]
        raise ServiceUnavailable("unavailable")

    def repeat_old_request(self) -> str:
        """Repeat an earlier request under its old key."""
        if not self.answers:
            return "nothing to repeat"
        key = self.rng.choice(list(self.answers))
        method, path, body, by = self.requests[key]
        response = self.send(method, path, body, by, "", key)
        if response.status not in (401, 403, 503):
            self.check_repeat(key, response)
        return f"{method} {path}: {response.status}"

    def send(self, method: str, path: str, body: Any, by: str, token: str, key: str) -> HttpResponse:
        path += f"{'&' if '?' in path else '?'}token={token}" if token else ""
        response = self.check_response(call(method, path, body, token=self.token_of(by), key=key), f"{method} {path}")
        if response.status == 401 and by and self.tokens.pop(by, ""):
            self.log(f"{'':6}({by} signs in again)")
            response = self.check_response(
                call(method, path, body, token=self.token_of(by), key=key), f"{method} {path}"
            )
        return response

    @contextmanager
    def signed_in_with(self, by: str, token: str) -> Iterator[None]:
        """Send the requests of a member of staff with this token for the time of a `with` block."""
        earlier = self.tokens.pop(by, "")
        self.tokens[by] = token
        try:
            yield
        finally:
            self.tokens.pop(by, None)
            if earlier:
                self.tokens[by] = earlier

    def token_of(self, by: str) -> str:
        if by and by not in self.tokens:
            self.tokens[by] = auth.staff_token(by, principal_of(by).role, self.token_version_of(by))
        return self.tokens.get(by, "")

    def check_response(self, response: HttpResponse, endpoint: str) -> HttpResponse:
        self.request_count += 1
        if response.status < 400:
            method, _, path = endpoint.partition(" ")
            self.covered.add((method, path.partition("?")[0]))
        if response.status >= 500 and response.status != 503:
            self.fail(f"{endpoint} answered {response.status}: {response.text}")
        if response.status == 503 and "Retry-After" not in response.headers:
            self.fail(f"{endpoint} answered 503 without Retry-After")
        if (
            response.status in CLIENT_ERRORS
            and "html" not in response.headers["Content-Type"]
            and not response.json.get("code")
        ):
            self.fail(f"{endpoint} refused without a code: {response.text}")
        return response

    def check_repeat(self, key: str, response: HttpResponse) -> None:
        """Fail when a repeated request gets another answer than the first time (O4)."""
        if not key:
            return
        if response.status < 300:
            first, _ = self.answers.setdefault(key, (response.text, response.json))
            if first != response.text:
                self.fail(
                    f"O4: {self.describe_request(key)} was answered twice, differently: {first} and {response.text}"
                )
        elif key in self.answers:
            self.fail(f"O4: {self.describe_request(key)} was answered, and then refused: {response.text}")

    def describe_request(self, key: str) -> str:
        method, path, _, by = self.requests[key]
        return f"{method} {path} of {by or 'a shopper'} under {key}"

    def parse_response(self, response: HttpResponse) -> Any:
        if response.status in CLIENT_ERRORS:
            raise RequestRefused(
                response.json["code"] if "json" in response.headers["Content-Type"] else str(response.status)
            )
        return response.json if "json" in response.headers.get("Content-Type", "") and response.body else response.text
