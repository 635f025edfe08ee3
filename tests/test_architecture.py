"""The structure of chalicelib: imports between packages, pure modules, refusals and events."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import chalicelib
from chalicelib.kit.errors import Problem
from chalicelib.kit.events import Event
from chalicelib.kit.packages import EVENT_CONSUMERS, LAYERS
from chalicelib.kit.web import status_of
from infra.check import PURE_MODULES

ROOT = Path(chalicelib.__file__).parent
PURE_KIT = {"search_text", "unreadable_texts", "money", "ids", "errors", "events"}
IMPURE_LIBRARIES = {"chalice", "boto3", "botocore", "pynamodb", "pydantic", "stripe", "jinja2", "time", "random"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute names that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(path: Path) -> set[str]:
    names = (name.split(".") for name in imports(path))
    return {parts[1] for parts in names if parts[0] == "chalicelib" and len(parts) > 1}


def layer(package: str) -> int:
    return next(number for number, packages in enumerate(LAYERS) if package in packages)


def test_packages_import_only_packages_below_them() -> None:
    wrong = []
    for path in modules():
        package = path.parent.name
        for other in imported_packages(path) - {package}:
            if other in EVENT_CONSUMERS or (package not in EVENT_CONSUMERS and layer(other) >= layer(package)):
                wrong.append(f"{path.relative_to(ROOT)} imports {other}")

    assert wrong == []


def is_pure(package: str, module: str) -> bool:
    return module == "model" or f"{package}/{module}" in PURE_MODULES


def is_impure_import(name: str) -> bool:
    top, *rest = name.split(".")
    if top != "chalicelib" or len(rest) < 2:
        return top in IMPURE_LIBRARIES
    return rest[1] not in PURE_KIT if rest[0] == "kit" else not is_pure(rest[0], rest[1])


def test_models_and_other_pure_modules_import_only_pure_modules() -> None:
    pure = [path for path in modules() if is_pure(path.parent.name, path.stem)]

    wrong = [f"{path.relative_to(ROOT)} imports {name}" for path in pure for name in imports(path)]

    assert [text for text in wrong if is_impure_import(text.rpartition(" ")[2])] == []


def test_every_package_has_a_docstring_and_no_code_in_its_init_file() -> None:
    for path in ROOT.glob("*/__init__.py"):
        tree = ast.parse(path.read_text())

        assert ast.get_docstring(tree), path
        assert len(tree.body) == 1, path


def test_only_kit_uses_transactions_and_http() -> None:
    for path in [path for path in modules() if path.parent.name != "kit"]:
        assert "TransactWrite" not in path.read_text(), path
        assert not [name for name in imports(path) if name == "http" or name.startswith("http.")], path


def subclasses(base: type) -> list[type]:
    """Return all direct and indirect subclasses in chalicelib."""
    for module in pkgutil.walk_packages([str(ROOT)], "chalicelib."):
        importlib.import_module(module.name)
    result, bases = [], [base]
    while bases:
        direct = bases.pop().__subclasses__()
        result += direct
        bases += direct
    return [item for item in dict.fromkeys(result) if item.__module__.startswith("chalicelib.")]


def test_every_refusal_has_an_http_status() -> None:
    for refusal in subclasses(Problem):
        status = status_of(refusal.__new__(refusal))

        assert 400 <= status < 500 or refusal.__name__ in ("Unavailable", "Replay"), refusal


def test_no_two_refusals_have_the_same_name() -> None:
    names = [refusal.__name__ for refusal in subclasses(Problem)]

    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_events_are_defined_in_models() -> None:
    assert [event for event in subclasses(Event) if not event.__module__.endswith(".model")] == []
