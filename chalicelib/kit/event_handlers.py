"""Doors of the stream, the topics and the clock: a room writes `events = Listeners(__name__)`.

In Lambda such a door's own module is imported and not app.py, so middleware of the app would never be asked: what
every listener needs stands around the handler itself, as with `web.Routes`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from chalice.app import Blueprint

from chalicelib.kit import log
from chalicelib.kit.errors import Problem, Refused

Handler = Callable[[Any], Any]


class HandlerFailed(Exception):
    """Names the kind of the exception and no more: Lambda and the dead letters write down whatever one says."""


class EventRefused(Refused):
    """A refusal that was to leave the listener, because a later delivery may be taken."""

    message = "Refused: {refusal}."


class EventHandlers(Blueprint):
    """A Chalice blueprint whose handlers fail without telling whom they met."""

    def on_sns_message(self, *said: Any, **more: Any) -> Callable[[Handler], Handler]:
        return _register_redacted(super().on_sns_message(*said, **more))

    def on_dynamodb_record(self, *said: Any, **more: Any) -> Callable[[Handler], Handler]:
        return _register_redacted(super().on_dynamodb_record(*said, **more))

    def schedule(self, *said: Any, **more: Any) -> Callable[[Handler], Handler]:
        return _register_redacted(super().schedule(*said, **more))


def _register_redacted(register: Callable[[Handler], Handler]) -> Callable[[Handler], Handler]:
    return lambda handler: register(redact_exceptions(handler))


def redact_exceptions(handler: Handler) -> Handler:
    """Fails all the same, so that it is tried again and ends among the dead letters."""

    @wraps(handler)
    def answer(event: Any) -> Any:
        failed: Exception
        try:
            return handler(event)
        except Problem as problem:
            log.info("comes again", door=handler.__name__, code=problem.code)
            failed = EventRefused(refusal=problem.code)
        except Exception as bug:
            kind = type(bug).__name__
            log.error("a bug in a listener", door=handler.__name__, exception=kind)
            failed = HandlerFailed(kind)
        raise failed  # not in there, where it would have the other for its context, and be read out with it

    return answer
