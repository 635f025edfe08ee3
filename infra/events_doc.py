"""`make docs`: writes docs/events.md from the event classes. A test fails if the file is stale."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from chalicelib.kit.events import Event
from chalicelib.kit.packages import TOPIC_OF, import_models

FILE = Path(__file__).parent.parent / "docs" / "events.md"

INTRODUCTION = (Path(__file__).parent / "events_head.md").read_text()
FIELDS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "event_fields.toml").read_text())


def render() -> str:
    parts = [INTRODUCTION, "## Kinds\n", *overview_lines(), *section_lines(), "## Records\n", *record_lines()]
    return "\n".join(parts)


def list_event_classes() -> list[type[Event]]:
    """All event classes by package, in the order in which they are declared."""
    import_models()
    packages = list(TOPIC_OF)
    published = [event for event in Event.kinds.values() if event.__module__.startswith("chalicelib.")]
    return sorted(published, key=lambda event: packages.index(package_name(event)))


def package_name(kind: type[Any]) -> str:
    return kind.__module__.split(".")[1]


def overview_lines() -> Iterator[str]:
    yield "| package | kind | version | topic | when |\n|---|---|---|---|---|"
    for event in list_event_classes():
        package = package_name(event)
        link = f"[`{event.__name__}`](#{event.__name__.lower()})"
        yield f"| {package} | {link} | {event.schema_version} | {TOPIC_OF[package]} | {docstring_sentence(event)} |"
    yield ""


def section_lines() -> Iterator[str]:
    for event in list_event_classes():
        package, sentence = package_name(event), docstring_sentence(event)
        yield f"### {event.__name__}\n"
        yield f"Package `{package}`, topic `{TOPIC_OF[package]}`, version {event.schema_version}. {sentence}\n"
        yield format_field_table(event)
        yield f"```json\n{json.dumps(build_example(event), ensure_ascii=False)}\n```\n"


def record_lines() -> Iterator[str]:
    for record in list_record_classes():
        yield f"### {record.__name__}\n"
        yield f"{docstring_sentence(record)}\n"
        yield format_field_table(record)


def list_record_classes() -> list[type[Any]]:
    """The dataclasses nested in events, by name."""
    records = {
        part
        for event in list_event_classes()
        for hint in get_type_hints(event).values()
        for part in nested_dataclasses(hint)
    }
    return sorted(records, key=lambda record: record.__name__)


def nested_dataclasses(hint: Any) -> Iterator[type[Any]]:
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from nested_dataclasses(part)


def docstring_sentence(kind: type[Any]) -> str:
    return " ".join((kind.__doc__ or "").split())


def format_field_table(kind: type[Any]) -> str:
    hints, comments = get_type_hints(kind), field_comments(kind)
    rows = ["| field | type | default | meaning |", "|---|---|---|---|"]
    for field in fields(kind):
        meaning = comments.get(field.name) or FIELDS["meanings"][field.name]
        rows.append(f"| `{field.name}` | {format_type(hints[field.name])} | {format_default(field)} | {meaning} |")
    return "\n".join(rows) + "\n"


def field_comments(kind: type[Any]) -> dict[str, str]:
    """The comments beside the fields of a class, by field."""
    return dict(re.findall(r"^    (\w+): [^#\n]*  # (.+)$", inspect.getsource(kind), re.MULTILINE))


def format_default(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return f"`{json.dumps(field.default_factory())}`"
    return "" if field.default is MISSING else f"`{json.dumps(field.default)}`"


def format_type(hint: Any) -> str:
    names = {str: "string", int: "integer", bool: "boolean", NoneType: "null", Any: "any JSON"}
    if hint in names:
        return names[hint]
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return f"list of {format_type(arguments[0])}"
    if get_origin(hint) is dict:
        return f"object of {format_type(arguments[1])}"
    if arguments:
        return " or ".join(format_type(argument) for argument in arguments)
    if issubclass(hint, StrEnum):
        return "string: " + ", ".join(f"`{member}`" for member in hint)
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def build_example(kind: type[Any]) -> dict[str, Any]:
    """An example body with every field."""
    return {name: example_value(name, hint) for name, hint in get_type_hints(kind).items() if name in field_names(kind)}


def field_names(kind: type[Any]) -> set[str]:
    return {field.name for field in fields(kind)}


def example_value(name: str, hint: Any) -> Any:
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return [example_value(name, arguments[0])]
    if get_origin(hint) is dict:
        return {"name": example_value(name, arguments[1])}
    if arguments:
        return example_value(name, arguments[0])
    if is_dataclass(hint) and isinstance(hint, type):
        return build_example(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return next(iter(hint)).value
    if name in FIELDS["examples"]:
        return FIELDS["examples"][name]
    by_type: dict[Any, Any] = {str: f"a {name.replace('_', ' ')}", bool: True}
    return by_type.get(hint, 125_000 if name.endswith("minor") else 2)


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(render())
    print(f"Wrote docs/{FILE.name}.")
