"""People and programs at the shop's doors: they sign in, ask, lose answers, ask again, and remember what they heard."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import auth
from infra.local.server import HttpResponse
from tests.client import call, gateway
from tests.shop import principal_of

MAX_ATTEMPTS = 4
CLIENT_ERRORS = range(400, 500)


def find_uncovered_routes(opened: Iterable[str]) -> list[str]:
    """The app's routes, as "METHOD /path", to which none of the paths leads that were `opened`."""
    asked = [
        (method, path.removeprefix("/api").split("/")) for method, _, path in (each.partition(" ") for each in opened)
    ]
    routes = [(method, path) for path, methods in gateway().app.routes.items() for method in methods]
    return [f"{method} {path}" for method, path in routes if not any(_matches(method, path, *each) for each in asked)]


def _matches(method: str, route: str, asked: str, path: list[str]) -> bool:
    parts = route.split("/")
    alike = all(part == given or part.startswith("{") for part, given in zip(parts, path))
    return method == asked and len(parts) == len(path) and alike


class RequestRefused(Exception):
    """The door refused, for good."""


class ServiceUnavailable(RequestRefused):
    """It could not, four times over."""


@dataclass
class RetryingClient:
    """`wrong` is called with words when an answer breaks a promise."""

    rng: random.Random
    fail: Callable[[str], Any]
    lost_response_probability: Callable[[], float]  # the chance that an answer does not reach who asked
    log: Callable[[str], None]
    token_version_of: Callable[[str], int]
    key_count: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[str, Any]] = field(default_factory=dict)  # key → text and JSON of the first good answer
    requests: dict[str, tuple[str, str, Any, str]] = field(default_factory=dict)  # key → who asked what
    busy_count: int = 0
    request_count: int = 0
    covered: set[tuple[str, str]] = field(default_factory=set)  # method and path of every good answer

    def post(self, path: str, body: Any = None, by: str = "", **said: Any) -> Any:
        return self.request("POST", path, body, by, **said)

    def get(self, path: str, by: str = "", **said: Any) -> Any:
        return self.request("GET", path, None, by, **said)

    def request(
        self, method: str, path: str, body: Any = None, by: str = "", token: str = "", idempotent: bool = False
    ) -> Any:
        """Until an answer is heard. The same key on every try: each good answer must be the same for ever."""
        self.key_count += 1
        key = f"a-key-of-this-history-{self.key_count:05}" if idempotent else ""
        self.requests[key] = method, path, body, by
        for _ in range(MAX_ATTEMPTS):
            answer = self.send(method, path, body, by, token, key)
            if answer.status == 503:
                self.busy_count += 1
                continue
            self.check_repeat(key, answer)
            if self.rng.random() < self.lost_response_probability():
                self.log(f"{'':6}(the answer {answer.status} is not heard)")
                continue
            return self.parse_response(answer)
        if key in self.answers:
            return self.answers[key][1]
        raise ServiceUnavailable("unavailable")

    def repeat_old_request(self) -> str:
        """A question of long ago under its old key, by whoever may still ask."""
        if not self.answers:
            return "nothing was answered yet"
        key = self.rng.choice(list(self.answers))
        method, path, body, by = self.requests[key]
        answer = self.send(method, path, body, by, "", key)
        if answer.status not in (401, 403, 503):
            self.check_repeat(key, answer)
        return f"{method} {path}: {answer.status}"

    def send(self, method: str, path: str, body: Any, by: str, token: str, key: str) -> HttpResponse:
        path += f"{'&' if '?' in path else '?'}token={token}" if token else ""
        answer = self.check_response(call(method, path, body, token=self.token_of(by), key=key), f"{method} {path}")
        if answer.status == 401 and by and self.tokens.pop(by, ""):
            self.log(f"{'':6}({by} signs in anew)")
            answer = self.check_response(call(method, path, body, token=self.token_of(by), key=key), f"{method} {path}")
        return answer

    def token_of(self, by: str) -> str:
        if by and by not in self.tokens:
            self.tokens[by] = auth.staff_token(by, principal_of(by).role, self.token_version_of(by))
        return self.tokens.get(by, "")

    def check_response(self, answer: HttpResponse, door: str) -> HttpResponse:
        self.request_count += 1
        if answer.status < 400:
            method, _, path = door.partition(" ")
            self.covered.add((method, path.partition("?")[0]))
        if answer.status >= 500 and answer.status != 503:
            self.fail(f"{door} answered {answer.status}: {answer.text}")
        if answer.status == 503 and "Retry-After" not in answer.headers:
            self.fail(f"{door} answered 503 and not when to come again")
        if (
            answer.status in CLIENT_ERRORS
            and "html" not in answer.headers["Content-Type"]
            and not answer.json.get("code")
        ):
            self.fail(f"{door} refused without a name: {answer.text}")
        return answer

    def check_repeat(self, key: str, answer: HttpResponse) -> None:
        """O4: who asks again with his key hears what he would have heard the first time."""
        if not key:
            return
        if answer.status < 300:
            first, _ = self.answers.setdefault(key, (answer.text, answer.json))
            if first != answer.text:
                self.fail(
                    f"O4: {self.describe_request(key)} was answered twice, differently: {first} and {answer.text}"
                )
        elif key in self.answers:
            self.fail(f"O4: {self.describe_request(key)} was answered, and then refused: {answer.text}")

    def describe_request(self, key: str) -> str:
        method, path, _, by = self.requests[key]
        return f"{method} {path} of {by or 'a shopper'} under {key}"

    def parse_response(self, answer: HttpResponse) -> Any:
        if answer.status in CLIENT_ERRORS:
            raise RequestRefused(
                answer.json["code"] if "json" in answer.headers["Content-Type"] else str(answer.status)
            )
        return answer.json if "json" in answer.headers.get("Content-Type", "") and answer.body else answer.text
