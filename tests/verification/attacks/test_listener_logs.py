"""Whatever a listener stumbles on, its invocation fails without reading that out: Lambda writes down what it says."""

from __future__ import annotations

import json
import traceback
from importlib import import_module
from typing import Any

import pytest

from app import app
from chalicelib.kit.listen import ListenerFailed, Listeners
from infra.local.invoke import invoke
from tests.verification.attacks.ground import Ground
from tests.verification.attacks.test_logs import EMAIL, NAME, PHONE, STREET, assert_quiet, lines  # noqa: F401 - a fixture

HANDLERS = [source.handler_string for source in app.event_sources]


def broken(*said: Any, **more: Any) -> Any:
    try:
        raise KeyError(f"{NAME} {PHONE} {STREET}")
    except KeyError as error:
        raise RuntimeError(f"could not tell {EMAIL}") from error


class Stumble:
    """An event that cannot be looked at without meeting somebody."""

    def __getattr__(self, name: str) -> Any:
        return broken()


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_listener_that_breaks_says_where_and_not_whom_it_met(
    ground: Ground,
    lines: list[str],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    handler: str,
) -> None:
    module, _, name = handler.rpartition(".")
    monkeypatch.setattr(getattr(import_module(module), name), "event_class", lambda event, context: Stumble())
    for read in ("get", "batch", "query", "transact"):
        monkeypatch.setattr(ground.memory, read, broken)

    with pytest.raises(ListenerFailed) as failed:
        invoke(handler, {})

    assert str(failed.value) == "RuntimeError"
    assert_quiet(["".join(traceback.format_exception(failed.value))])
    (bug,) = [json.loads(line.partition("ERROR ")[2]) for line in lines if "satukanal ERROR" in line]
    assert (bug["says"], bug["door"], bug["exception"]) == ("a bug in a listener", name, "RuntimeError")
    assert [kind for kind in bug["stack"] if ":" not in kind] == ["RuntimeError", "KeyError"]
    assert any("test_listener_logs.py" in place and place.endswith(" broken") for place in bug["stack"])


@pytest.mark.parametrize("module", sorted({handler.rpartition(".")[0] for handler in HANDLERS}))
def test_every_listener_stands_at_such_a_door(module: str) -> None:
    assert isinstance(import_module(module).events, Listeners)  # type: ignore[attr-defined]
