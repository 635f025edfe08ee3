"""Log lines as JSON: `level`, `event`, `request_id`, ids and facts, and for errors the `exception` and its `stack`.

`event` is a fixed name in snake_case. Only the fields in ALLOWED_FIELDS are written, so that no personal data is
logged. `request_id` is set for each request and goes with its journal entries to their event handlers.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from traceback import walk_tb

from chalicelib.kit import config

ALLOWED_FIELDS = {
    *("endpoint", "handler", "status", "code", "event_id", "kind", "subject", "sequence", "topic", "transport"),
    *("order", "offer", "fulfillment", "payment", "customer", "location", "sku", "channel", "role", "actor"),
    *("file", "row", "count", "attempts", "milliseconds", "exception"),
}
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_logger = logging.getLogger("satukanal")  # also Chalice's logger, which app.py sets to the same level


def info(event: str, **facts: object) -> None:
    _write(logging.INFO, event, facts)


def warning(event: str, **facts: object) -> None:
    _write(logging.WARNING, event, facts)


def error(event: str, **facts: object) -> None:
    """Log with the stack of the current exception, without exception messages, which may hold personal data."""
    _write(logging.ERROR, event, facts, stack=list(_stack_frames(sys.exception())))


def request_id() -> str:
    """Return the id of the request that is being handled, or an empty string outside of one."""
    return _request_id.get()


def set_request_id(value: str | None) -> None:
    _request_id.set(value or "")


@contextmanager
def request_scope(value: str | None = None) -> Iterator[None]:
    """Set the request id for the time of a `with` block."""
    token = _request_id.set(value or "")
    try:
        yield
    finally:
        _request_id.reset(token)


def _write(level: int, event: str, facts: dict[str, object], **extra: object) -> None:
    if _logger.isEnabledFor(level):
        _logger.log(level, _json_line(level, event, facts, **extra))


def _json_line(level: int, event: str, facts: dict[str, object], **extra: object) -> str:
    line: dict[str, object] = {"level": logging.getLevelName(level), "event": event}
    if request_id():
        line["request_id"] = request_id()
    allowed = {name: _to_json_value(facts[name]) for name in facts if name in ALLOWED_FIELDS}
    return json.dumps(line | allowed | extra)


def _to_json_value(fact: object) -> object:
    return fact if isinstance(fact, int) else str(fact)


def _stack_frames(error: BaseException | None) -> Iterator[str]:
    """Yield the class of each exception in the chain, the last raised first, and the frames it passed."""
    while error is not None:
        yield type(error).__name__
        for frame, line in walk_tb(error.__traceback__):
            yield f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        error = error.__cause__ or error.__context__


def _configure() -> None:
    """Write to stdout as plain JSON; Lambda adds the time. In event handlers' functions app.py is not imported."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _logger.addHandler(handler)
    _logger.setLevel(config.setting("LOG_LEVEL", "INFO"))
    _logger.propagate = False


_configure()
