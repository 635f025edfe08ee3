from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.kit import log
from chalicelib.kit.errors import NotFound, Problem, StaleVersion, Unavailable
from chalicelib.kit.event_handlers import EventRefused, Handler, HandlerFailed, message_request_id, wrap_handler


def failing_handler(error: Exception) -> Handler:
    def brew_tea(event: Any) -> None:
        raise error

    return wrap_handler(brew_tea, lambda event: "req-1")


def test_a_wrapped_handler_returns_what_the_handler_returns() -> None:
    assert wrap_handler(lambda event: {"event": event}, lambda event: "req-1")("tea") == {"event": "tea"}


def test_a_failing_handler_raises_the_class_name_of_its_exception_alone() -> None:
    with pytest.raises(HandlerFailed) as failed:
        failing_handler(ValueError("Budi, 0812"))("tea")

    assert str(failed.value) == "ValueError"
    assert (failed.value.__cause__, failed.value.__context__) == (None, None)


class NoSuchGuest(NotFound):
    message = "{name} is not known."


@pytest.mark.parametrize(
    ("refusal", "code"),
    [(Unavailable(), "unavailable"), (StaleVersion(), "moved"), (NoSuchGuest(name="Budi"), "no_such_guest")],
)
def test_a_refusal_leaves_a_handler_by_its_code_and_is_logged_as_information(
    monkeypatch: pytest.MonkeyPatch, refusal: Problem, code: str
) -> None:
    lines: list[Any] = []
    monkeypatch.setattr(log, "info", lambda event, **facts: lines.append((event, facts)))

    with pytest.raises(EventRefused) as failed:
        failing_handler(refusal)("tea")

    assert str(failed.value) == f"Refused: {code}."
    assert (failed.value.__cause__, failed.value.__context__) == (None, None)
    assert lines == [("event_refused", {"handler": "brew_tea", "code": code})]


def test_the_request_id_of_an_event_is_set_while_its_handler_runs() -> None:
    handler = wrap_handler(lambda event: log.request_id(), lambda event: event["id"])

    with log.request_scope("req-outer"):
        inner, outer = handler({"id": "req-1"}), log.request_id()

    assert (inner, outer, log.request_id()) == ("req-1", "req-outer", "")


def test_a_message_without_a_request_id_gets_the_id_of_the_invocation() -> None:
    context = SimpleNamespace(aws_request_id="invocation-1")

    with_id = SimpleNamespace(message='{"request_id": "req-1"}', context=context)
    without = SimpleNamespace(message='{"request_id": null}', context=context)

    assert [message_request_id(event) for event in (with_id, without)] == ["req-1", "invocation-1"]
