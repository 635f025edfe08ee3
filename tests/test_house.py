"""The house keeps its order: rules are pure, arrows point down, refusals are answered, events are heard."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import chalicelib
from chalicelib.kit.errors import Problem
from chalicelib.kit.events import Event
from chalicelib.kit.packages import LAYERS, LISTENERS
from chalicelib.kit.web import status_of
from infra.check import RULES

ROOT = Path(chalicelib.__file__).parent
PURE_KIT = {"money", "ids", "errors", "events"}
PURE_LIBRARIES = {"chalicelib"}  # everything else a model imports comes with Python
FORBIDDEN_IN_MODELS = {"chalice", "boto3", "botocore", "pynamodb", "pydantic", "stripe", "jinja2", "time", "random"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def imports(path: Path) -> Iterator[str]:
    """Absolute names, of lazy imports too: an arrow is an arrow."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_named(path: Path) -> set[str]:
    names = (name.split(".") for name in imports(path))
    return {parts[1] for parts in names if parts[0] == "chalicelib" and len(parts) > 1}


def floor(room: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if room in layer)


def test_rooms_import_only_rooms_below_them() -> None:
    wrong = []
    for path in modules():
        room = path.parent.name
        for other in rooms_named(path) - {room}:
            if other in LISTENERS or (room not in LISTENERS and floor(other) >= floor(room)):
                wrong.append(f"{path.relative_to(ROOT)} imports {other}")

    assert wrong == []


def is_pure(room: str, file: str) -> bool:
    return file == "model" or f"{room}/{file}" in RULES


def test_models_and_the_rules_beside_them_are_pure() -> None:
    wrong = []
    for path in modules():
        if not is_pure(path.parent.name, path.stem):
            continue
        for name in imports(path):
            parts = name.split(".")
            in_a_room = parts[0] == "chalicelib" and len(parts) > 2 and parts[1] != "kit"
            impure_room = in_a_room and not is_pure(*parts[1:3])
            impure_kit = parts[:2] == ["chalicelib", "kit"] and len(parts) > 2 and parts[2] not in PURE_KIT
            if impure_room or impure_kit or parts[0] in FORBIDDEN_IN_MODELS:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")

    assert wrong == []


def test_plaques_are_words_only() -> None:
    for path in ROOT.glob("*/__init__.py"):
        tree = ast.parse(path.read_text())

        assert ast.get_docstring(tree), f"{path} has no plaque"
        assert len(tree.body) == 1, f"{path} holds code"


def test_only_the_kit_knows_a_transaction_and_only_web_knows_http() -> None:
    for path in modules():
        text = path.read_text()
        if path.parent.name != "kit":
            assert "TransactWrite" not in text, path
            assert not [name for name in imports(path) if name.startswith("http.") or name == "http"], path


def every_class(base: type) -> list[type]:
    for found in pkgutil.walk_packages([str(ROOT)], "chalicelib."):
        importlib.import_module(found.name)
    listed, todo = [], [base]
    while todo:
        for each in todo.pop().__subclasses__():
            listed.append(each)
            todo.append(each)
    return [each for each in dict.fromkeys(listed) if each.__module__.startswith("chalicelib.")]


def test_every_refusal_has_an_http_answer() -> None:
    for refusal in every_class(Problem):
        status = status_of(refusal.__new__(refusal))

        assert 400 <= status < 500 or refusal.__name__ in ("Unavailable", "AlreadyAnswered"), refusal


def test_refusals_of_one_name_are_one_refusal() -> None:
    names = [each.__name__ for each in every_class(Problem)]

    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_events_are_named_in_the_past_and_stand_in_models() -> None:
    for event in every_class(Event):
        assert event.__module__.endswith(".model"), event


@pytest.mark.parametrize("path", [path for path in modules() if path.name != "__init__.py"], ids=lambda path: path.name)
def test_files_hold_one_idea_or_two(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 600
