"""One line per decision, as JSON, with ids and facts: only these fields are ever printed, so nobody's name gets out."""

from __future__ import annotations

import json
import logging

ALLOWED = {
    *("request_id", "door", "status", "code", "event", "event_id", "kind", "subject", "sequence", "topic", "transport"),
    *("order", "offer", "fulfillment", "payment", "customer", "location", "sku", "channel", "role", "actor"),
    *("file", "row", "count", "attempts", "milliseconds", "exception"),
}
_logger = logging.getLogger("satukanal")


def decision(message: str, **facts: object) -> None:
    _logger.info(_line(message, facts))


def bug(message: str, **facts: object) -> None:
    """With the stack: somebody has to mend this."""
    _logger.error(_line(message, facts), exc_info=True)


def warning(message: str, **facts: object) -> None:
    _logger.warning(_line(message, facts))


def _line(message: str, facts: dict[str, object]) -> str:
    return json.dumps({"says": message} | {name: str(facts[name]) for name in facts if name in ALLOWED})
