"""docs/events.md says what the event classes say."""

from __future__ import annotations

import pytest

from chalicelib.kit import events
from chalicelib.kit.events import Event
from infra import events_doc


def test_the_document_is_what_the_classes_say() -> None:
    assert events_doc.FILE.read_text() == events_doc.render(), "run `make docs`"


@pytest.mark.parametrize(
    "kind", [*events_doc.list_event_classes(), *events_doc.list_record_classes()], ids=lambda kind: kind.__name__
)
def test_every_event_and_record_says_in_one_sentence_what_it_is(kind: type) -> None:
    said = events_doc.docstring_sentence(kind)

    assert said.endswith(".") and ". " not in said


@pytest.mark.parametrize("kind", events_doc.list_event_classes(), ids=lambda kind: kind.__name__)
def test_every_example_is_read_and_written_as_it_is_shown(kind: type[Event]) -> None:
    event = events.from_json(kind.__name__, kind.schema_version, events_doc.build_example(kind))

    assert isinstance(event, kind)
    assert set(events_doc.build_example(kind)) == events_doc.field_names(kind)
