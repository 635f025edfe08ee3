"""Every door times every principal: only the answers the table lists are a yes, and a no moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit.web import Routes
from tests.client import gateway
from tests.conftest import forget
from tests.verification.endpoints import tables
from tests.verification.endpoints.knock import PRINCIPALS, Row, knock
from tests.verification.endpoints.rows import ROWS
from tests.verification.endpoints.world import World

NO = {401, 403, 404}


def test_every_door_has_a_row_and_every_row_a_door() -> None:
    chalice = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {row.door for row in ROWS} == chalice == {door.name for door in Routes.every}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_whom_the_table_lists_is_let_through(world: World, row: Row) -> None:
    if row.first:
        row.first(world)

    answers = dict(knocks(world, row))

    assert {who for who in answers if answers[who].status < 400} == row.allowed
    assert {
        who: answers[who].json["code"] for who in answers if answers[who].status not in {*range(400), *NO}
    } == row.ruled


def knocks(world: World, row: Row) -> Iterator[tuple[str, Any]]:
    """Each knocks on the same world: after a yes everything is put back, after a no nothing may have moved."""
    ready = tables.saved()
    for who in PRINCIPALS:
        answer = knock(world, row, who)
        if answer.status < 400:
            tables.put_back(ready)
            forget()
        assert tables.moved(ready) == {}, f"{who} was told {answer.status}, and yet something moved"
        yield who, answer
