"""People and programs at the shop's doors: they sign in, ask, lose answers, ask again, and remember what they heard."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import auth
from infra.local.server import Answered
from tests.client import call, gateway
from tests.shop import who

TRIES = 4
REFUSED = range(400, 500)


def closed_routes(opened: Iterable[str]) -> list[str]:
    """The app's routes, as "METHOD /path", to which none of the paths leads that were `opened`."""
    asked = [
        (method, path.removeprefix("/api").split("/")) for method, _, path in (each.partition(" ") for each in opened)
    ]
    routes = [(method, path) for path, methods in gateway().app.routes.items() for method in methods]
    return [f"{method} {path}" for method, path in routes if not any(_leads(method, path, *each) for each in asked)]


def _leads(method: str, route: str, asked: str, path: list[str]) -> bool:
    parts = route.split("/")
    alike = all(part == given or part.startswith("{") for part, given in zip(parts, path))
    return method == asked and len(parts) == len(path) and alike


class No(Exception):
    """The door refused, for good."""


class Busy(No):
    """It could not, four times over."""


@dataclass
class Doors:
    """`wrong` is called with words when an answer breaks a promise."""

    chance: random.Random
    wrong: Callable[[str], Any]
    unheard: Callable[[], float]  # the chance that an answer does not reach who asked
    says: Callable[[str], None]
    version_of: Callable[[str], int]
    keys: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[str, Any]] = field(default_factory=dict)  # key → text and JSON of the first good answer
    requests: dict[str, tuple[str, str, Any, str]] = field(default_factory=dict)  # key → who asked what
    busy: int = 0
    asked: int = 0
    opened: set[tuple[str, str]] = field(default_factory=set)  # method and path of every good answer

    def post(self, path: str, body: Any = None, by: str = "", **said: Any) -> Any:
        return self.ask("POST", path, body, by, **said)

    def get(self, path: str, by: str = "", **said: Any) -> Any:
        return self.ask("GET", path, None, by, **said)

    def ask(self, method: str, path: str, body: Any = None, by: str = "", token: str = "", keyed: bool = False) -> Any:
        """Until an answer is heard. The same key on every try: each good answer must be the same for ever."""
        self.keys += 1
        key = f"a-key-of-this-history-{self.keys:05}" if keyed else ""
        self.requests[key] = method, path, body, by
        for _ in range(TRIES):
            answer = self.send(method, path, body, by, token, key)
            if answer.status == 503:
                self.busy += 1
                continue
            self.remember(key, answer)
            if self.chance.random() < self.unheard():
                self.says(f"{'':6}(the answer {answer.status} is not heard)")
                continue
            return self.read(answer)
        if key in self.answers:
            return self.answers[key][1]
        raise Busy("unavailable")

    def once_more(self) -> str:
        """A question of long ago under its old key, by whoever may still ask."""
        if not self.answers:
            return "nothing was answered yet"
        key = self.chance.choice(list(self.answers))
        method, path, body, by = self.requests[key]
        answer = self.send(method, path, body, by, "", key)
        if answer.status not in (401, 403, 503):
            self.remember(key, answer)
        return f"{method} {path}: {answer.status}"

    def send(self, method: str, path: str, body: Any, by: str, token: str, key: str) -> Answered:
        path += f"{'&' if '?' in path else '?'}token={token}" if token else ""
        answer = self.judged(call(method, path, body, token=self.token_of(by), key=key), f"{method} {path}")
        if answer.status == 401 and by and self.tokens.pop(by, ""):
            self.says(f"{'':6}({by} signs in anew)")
            answer = self.judged(call(method, path, body, token=self.token_of(by), key=key), f"{method} {path}")
        return answer

    def token_of(self, by: str) -> str:
        if by and by not in self.tokens:
            self.tokens[by] = auth.staff_token(by, who(by).role, self.version_of(by))
        return self.tokens.get(by, "")

    def judged(self, answer: Answered, door: str) -> Answered:
        self.asked += 1
        if answer.status < 400:
            method, _, path = door.partition(" ")
            self.opened.add((method, path.partition("?")[0]))
        if answer.status >= 500 and answer.status != 503:
            self.wrong(f"{door} answered {answer.status}: {answer.text}")
        if answer.status == 503 and "Retry-After" not in answer.headers:
            self.wrong(f"{door} answered 503 and not when to come again")
        if answer.status in REFUSED and "html" not in answer.headers["Content-Type"] and not answer.json.get("code"):
            self.wrong(f"{door} refused without a name: {answer.text}")
        return answer

    def remember(self, key: str, answer: Answered) -> None:
        """O4: who asks again with his key hears what he would have heard the first time."""
        if not key:
            return
        if answer.status < 300:
            first, _ = self.answers.setdefault(key, (answer.text, answer.json))
            if first != answer.text:
                self.wrong(f"O4: {self.asking(key)} was answered twice, differently: {first} and {answer.text}")
        elif key in self.answers:
            self.wrong(f"O4: {self.asking(key)} was answered, and then refused: {answer.text}")

    def asking(self, key: str) -> str:
        method, path, _, by = self.requests[key]
        return f"{method} {path} of {by or 'a shopper'} under {key}"

    def read(self, answer: Answered) -> Any:
        if answer.status in REFUSED:
            raise No(answer.json["code"] if "json" in answer.headers["Content-Type"] else str(answer.status))
        return answer.json if "json" in answer.headers.get("Content-Type", "") and answer.body else answer.text
