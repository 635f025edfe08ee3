"""ministack's app behind uvicorn, which takes half the CPU for each call of the server it comes with:
`python -m infra.local.aws PORT`.

An answer is one write instead of two: on a machine with few cores most of a small call's cost is waking up who waits
for it, and a head without its body wakes him for nothing. And an expression is read once: the engine would read the few
hundred that a shop has anew for every row it looks at.
"""

from __future__ import annotations

import asyncio
import sys
from functools import lru_cache
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KEEP_ALIVE_SECONDS, GRACE_SECONDS = 75, 5
MOST_EXPRESSIONS = 4096


class InOneWrite(HttpToolsProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(Gathered(transport))


class Gathered:
    """A transport whose writes go out together, as soon as whoever writes them is done."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, part: bytes) -> None:
        if not self.parts:
            asyncio.get_running_loop().call_soon(self.flush)
        self.parts.append(part)

    def flush(self) -> None:
        whole, self.parts = b"".join(self.parts), []
        if whole and not self.transport.is_closing():
            self.transport.write(whole)

    def close(self) -> None:
        self.flush()
        self.transport.close()


def remember_expressions() -> None:
    """Pure functions of ministack's own, at the version pinned; what they make may be changed, so it is copied."""
    from ministack.services import dynamodb

    words = lru_cache(MOST_EXPRESSIONS)(dynamodb._tokenize)
    dynamodb._tokenize = lambda expression: list(words(expression))
    dynamodb._condition_syntax_error = lru_cache(MOST_EXPRESSIONS)(dynamodb._condition_syntax_error)


def main(port: int) -> None:
    remember_expressions()
    uvicorn.run(
        "ministack.app:app",
        host="127.0.0.1",
        port=port,
        http=InOneWrite,
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
