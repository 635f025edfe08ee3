"""Log lines: their keys, their event names, and the fields that may be logged."""

from __future__ import annotations

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chalicelib
from chalicelib.kit import log

EVENT_NAME = re.compile(r"[a-z]+(_[a-z]+)+")
MODULES = sorted(Path(chalicelib.__file__).parent.rglob("*.py"))


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(r"log\.(info|warning|error)", ast.unparse(node.func)):
                yield f"{path.name}:{node.lineno}", node


def test_every_event_name_is_in_snake_case_and_every_field_is_allowed() -> None:
    calls = list(log_calls())

    names = {place: call.args[0].value for place, call in calls if isinstance(call.args[0], ast.Constant)}
    fields = {keyword.arg for _, call in calls for keyword in call.keywords}
    assert len(names) == len(calls) > 10
    assert {place: name for place, name in names.items() if not EVENT_NAME.fullmatch(str(name))} == {}
    assert fields - log.ALLOWED_FIELDS == set()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    written: list[Any] = []
    monkeypatch.setattr(log._logger, "isEnabledFor", lambda level: True)
    monkeypatch.setattr(log._logger, "log", lambda level, text: written.append((level, json.loads(text))))
    return written


def test_a_line_has_its_level_event_request_id_and_facts(lines: list[Any]) -> None:
    with log.request_scope("req-1"):
        log.info("order_placed", order="ord_1", count=2, name="Budi")

    assert lines == [
        (logging.INFO, {"level": "INFO", "event": "order_placed", "request_id": "req-1", "order": "ord_1", "count": 2})
    ]


def test_an_error_has_the_stack_of_its_exceptions_without_their_messages(lines: list[Any]) -> None:
    try:
        raise ValueError("Budi, 0812")
    except ValueError:
        log.error("endpoint_failed", exception="ValueError")

    [(level, line)] = lines
    assert (level, line["level"], line["event"]) == (logging.ERROR, "ERROR", "endpoint_failed")
    assert line["stack"][0] == "ValueError"
    assert "Budi" not in json.dumps(line)
