"""A failing event handler raises an exception without personal data, because Lambda logs the exception's message."""

from __future__ import annotations

import json
import traceback
from importlib import import_module
from typing import Any

import pytest

from app import app
from chalicelib.kit.event_handlers import EventHandlers, HandlerFailed
from infra.local.invoke import invoke
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.attacks.test_logs import EMAIL, NAME, PHONE, STREET, assert_no_personal_data, log_lines  # noqa: F401 - a fixture

HANDLERS = [source.handler_string for source in app.event_sources]


def fail(*args: Any, **kwargs: Any) -> Any:
    try:
        raise KeyError(f"{NAME} {PHONE} {STREET}")
    except KeyError as error:
        raise RuntimeError(f"could not notify {EMAIL}") from error


class FailingEvent:
    """An event whose every attribute raises an exception that contains personal data."""

    def __getattr__(self, name: str) -> Any:
        return fail()


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_failing_handler_logs_where_and_no_personal_data(
    shop: MemoryShop,
    log_lines: list[str],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    handler: str,
) -> None:
    module, _, name = handler.rpartition(".")
    monkeypatch.setattr(getattr(import_module(module), name), "event_class", lambda event, context: FailingEvent())
    for read in ("get", "batch", "query", "transact"):
        monkeypatch.setattr(shop.memory, read, fail)

    with pytest.raises(HandlerFailed) as failed:
        invoke(handler, {})

    assert str(failed.value) == "RuntimeError"
    assert_no_personal_data(["".join(traceback.format_exception(failed.value))])
    (bug,) = [json.loads(line.partition("ERROR ")[2]) for line in log_lines if "satukanal ERROR" in line]
    assert (bug["event"], bug["handler"], bug["exception"]) == ("handler_failed", name, "RuntimeError")
    assert [kind for kind in bug["stack"] if ":" not in kind] == ["RuntimeError", "KeyError"]
    assert any("test_handler_logs.py" in place and place.endswith(" fail") for place in bug["stack"])


@pytest.mark.parametrize("module", sorted({handler.rpartition(".")[0] for handler in HANDLERS}))
def test_every_handler_module_uses_event_handlers(module: str) -> None:
    assert isinstance(import_module(module).handlers, EventHandlers)  # type: ignore[attr-defined]
