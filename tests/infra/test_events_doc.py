"""docs/events.md is up to date and complete."""

from __future__ import annotations

import pytest

from chalicelib.kit import events
from chalicelib.kit.events import Event
from infra import events_doc


def test_the_document_is_up_to_date() -> None:
    assert events_doc.FILE.read_text() == events_doc.render(), "run `make docs`"


@pytest.mark.parametrize(
    "kind", [*events_doc.list_event_classes(), *events_doc.list_record_classes()], ids=lambda kind: kind.__name__
)
def test_every_event_and_record_has_a_docstring_of_one_sentence(kind: type) -> None:
    sentence = events_doc.docstring_sentence(kind)

    assert sentence.endswith(".") and ". " not in sentence


@pytest.mark.parametrize("kind", events_doc.list_event_classes(), ids=lambda kind: kind.__name__)
def test_every_example_can_be_parsed_and_shows_every_field(kind: type[Event]) -> None:
    event = events.from_json(kind.__name__, kind.schema_version, events_doc.build_example(kind))

    assert isinstance(event, kind)
    assert set(events_doc.build_example(kind)) == events_doc.field_names(kind)
