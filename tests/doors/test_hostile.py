"""Twenty thousand requests made up from openapi.json: no bug, and nothing wrong let in. The same requests every time;
HOSTILE=1000000 sends so many."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.attacks import hostile
from tests.attacks.ground import Ground, stood_on

REQUESTS = int(os.environ.get("HOSTILE", "20000"))


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with stood_on() as found:
        yield found


@pytest.mark.parametrize("kind", hostile.KINDS)
@pytest.mark.parametrize("name", hostile.TAKES)
def test_no_request_finds_a_bug_or_slips_through(ground: Ground, name: str, kind: str) -> None:
    answers = hostile.knock_at(ground, name, kind, hostile.cases_for(REQUESTS))

    assert answers.total() >= REQUESTS / (len(hostile.TAKES) * len(hostile.KINDS))


def test_what_is_sent_is_at_least_what_was_promised() -> None:
    at_each = hostile.cases_for(20_000) * hostile.WAYS

    assert at_each * len(hostile.TAKES) * len(hostile.KINDS) >= 20_000
