from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import log
from chalicelib.kit.errors import NotFound, Problem, StaleVersion, Unavailable
from chalicelib.kit.event_handlers import EventRefused, HandlerFailed, redact_exceptions


def failing_handler(error: Exception) -> Any:
    def hear_of_tea(event: Any) -> None:
        raise error

    return redact_exceptions(hear_of_tea)


def test_a_listener_that_takes_its_news_answers_as_it_would_alone() -> None:
    assert redact_exceptions(lambda event: {"heard": event})("tea") == {"heard": "tea"}


def test_a_bug_leaves_a_listener_by_its_kind_alone() -> None:
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
def test_a_refusal_leaves_a_listener_by_its_code_and_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, refusal: Problem, code: str
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(log, "info", lambda message, **facts: said.append((message, facts)))

    with pytest.raises(EventRefused) as failed:
        failing_handler(refusal)("tea")

    assert str(failed.value) == f"Refused: {code}."
    assert (failed.value.__cause__, failed.value.__context__) == (None, None)
    assert said == [("comes again", {"door": "hear_of_tea", "code": code})]
