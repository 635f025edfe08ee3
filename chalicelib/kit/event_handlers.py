"""Handlers of the stream, the topics and the schedules: a package writes `handlers = EventHandlers(__name__)`.

Lambda imports the module of such a handler and not app.py, so middleware of the app does not run. Each handler is
wrapped instead, as the views are by `web.Routes`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from chalice.app import Blueprint

from chalicelib.kit import compact_json, log
from chalicelib.kit.errors import Problem, Refused

Handler = Callable[[Any], Any]


class HandlerFailed(Exception):
    """Holds only the class name of the original exception, because Lambda and dead-letter queues record messages."""


class EventRefused(Refused):
    """A refusal that leaves the handler, because a later delivery may succeed."""

    is_internal = True
    message = "Refused: {refusal}."


class EventHandlers(Blueprint):
    """A Chalice blueprint that sets each event's request id and keeps personal data out of raised exceptions."""

    def on_sns_message(self, *args: Any, **kwargs: Any) -> Callable[[Handler], Handler]:
        return _register_wrapped(super().on_sns_message(*args, **kwargs), message_request_id)

    def on_dynamodb_record(self, *args: Any, **kwargs: Any) -> Callable[[Handler], Handler]:
        return _register_wrapped(super().on_dynamodb_record(*args, **kwargs), invocation_id)

    def schedule(self, *args: Any, **kwargs: Any) -> Callable[[Handler], Handler]:
        return _register_wrapped(super().schedule(*args, **kwargs), invocation_id)


def message_request_id(event: Any) -> str:
    """Return the id of the request whose journal entry the SNS message holds, or the invocation's if it has none."""
    return compact_json.loads(event.message).get("request_id") or invocation_id(event)


def invocation_id(event: Any) -> str:
    return str(event.context.aws_request_id)


def _register_wrapped(
    register: Callable[[Handler], Handler], read_request_id: Callable[[Any], str]
) -> Callable[[Handler], Handler]:
    return lambda handler: register(wrap_handler(handler, read_request_id))


def wrap_handler(handler: Handler, read_request_id: Callable[[Any], str]) -> Handler:
    """Return a handler that logs its outcome and raises HandlerFailed or EventRefused, so the event is retried."""

    @wraps(handler)
    def run(event: Any) -> Any:
        failure: Exception
        with log.request_scope():
            try:
                log.set_request_id(read_request_id(event))
                result = handler(event)
                log.info("event_handled", handler=handler.__name__)
                return result
            except Problem as problem:
                log.info("event_refused", handler=handler.__name__, code=problem.code)
                failure = EventRefused(refusal=problem.code)
            except Exception as error:
                log.error("handler_failed", handler=handler.__name__, exception=type(error).__name__)
                failure = HandlerFailed(type(error).__name__)
        raise failure  # outside of the except block, where the original would become its context and be printed

    return run
