"""One line per decision, as JSON, with ids and facts: only these fields are ever printed, so nobody's name gets out."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from traceback import walk_tb

ALLOWED_FIELDS = {
    *("request_id", "door", "status", "code", "event", "event_id", "kind", "subject", "sequence", "topic", "transport"),
    *("order", "offer", "fulfillment", "payment", "customer", "location", "sku", "channel", "role", "actor"),
    *("file", "row", "count", "attempts", "milliseconds", "exception"),
}
_logger = logging.getLogger("satukanal")


def info(message: str, **facts: object) -> None:
    _logger.info(_json_line(message, facts))


def error(message: str, **facts: object) -> None:
    """With the stack: somebody has to mend this. Without what the exceptions say: it may be whom they stumbled on."""
    _logger.error(_json_line(message, facts, stack=list(_stack_frames(sys.exception()))))


def warning(message: str, **facts: object) -> None:
    _logger.warning(_json_line(message, facts))


def _json_line(message: str, facts: dict[str, object], **more: object) -> str:
    return json.dumps({"says": message} | {name: str(facts[name]) for name in facts if name in ALLOWED_FIELDS} | more)


def _stack_frames(error: BaseException | None) -> Iterator[str]:
    """The kind of each exception and the way it came, the last raised first."""
    while error is not None:
        yield type(error).__name__
        for frame, line in walk_tb(error.__traceback__):
            yield f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        error = error.__cause__ or error.__context__
