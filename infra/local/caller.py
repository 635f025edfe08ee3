"""A person or program at the shop's doors: HTTP with connections kept alive, one for each thread."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 120  # an import of thousands of rows answers late
TIMES = 6

_kept = threading.local()


class Refused(Exception):
    """The shop said no; `code` and `detail` are its problem document's."""

    def __init__(self, status: int, said: Any) -> None:
        self.status, self.said = status, said if isinstance(said, dict) else {}
        self.code = str(self.said.get("code", status))
        self.detail = str(self.said.get("detail") or said)
        super().__init__(f"{status} {self.code}: {self.detail}")


@dataclass(frozen=True)
class Caller:
    base: str
    token: str = ""

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def put(self, path: str, body: Any) -> Any:
        return self.ask("PUT", path, body)

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        """Every POST carries a key, so that trying again after a lost answer is harmless."""
        return self.ask("POST", path, {} if body is None else body, key or uuid.uuid4().hex)

    def ask(self, method: str, path: str, body: Any = None, key: str = "", kind: str = "application/json") -> Any:
        """What the shop answers; Refused for a no. A shop that is busy is asked again."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": kind}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        for attempt in range(TIMES):
            status, said = send(self.base, method, f"/api{path}", raw, headers)
            if status != 503 or attempt == TIMES - 1:
                break
            time.sleep(0.05 * 2**attempt)
        if status >= 400:
            raise Refused(status, said)
        return said


def send(base: str, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
    """A connection that the other side closed meanwhile is opened once more."""
    for last in (False, True):
        line = connection(base)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, readable(answer.read())
        except (http.client.HTTPException, ConnectionError):
            line.close()
            if last:
                raise
    raise AssertionError


def connection(base: str) -> http.client.HTTPConnection:
    lines = _kept.__dict__.setdefault("lines", {})
    if base not in lines:
        lines[base] = http.client.HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE_SECONDS)
    return lines[base]  # type: ignore[no-any-return]


def readable(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode(errors="replace")
