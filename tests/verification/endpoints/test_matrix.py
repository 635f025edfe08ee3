"""Every door times every principal: only the answers the table lists are a yes, and a no moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit.web import Routes
from tests.client import gateway
from tests.conftest import clear_caches
from tests.verification.endpoints import moto_tables
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import PRINCIPALS, AccessRow, send_as
from tests.verification.endpoints.sample_shop import SampleShop

REFUSED = {401, 403, 404}


def test_every_endpoint_has_a_row_and_every_row_an_endpoint() -> None:
    chalice = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {row.endpoint for row in ROWS} == chalice == {door.name for door in Routes.registered}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_listed_principals_are_allowed(sample: SampleShop, row: AccessRow) -> None:
    if row.prepare:
        row.prepare(sample)

    answers = dict(send_as_each(sample, row))

    assert {who for who in answers if answers[who].status < 400} == row.allowed
    assert {
        who: answers[who].json["code"] for who in answers if answers[who].status not in {*range(400), *REFUSED}
    } == row.refused_by_rule


def send_as_each(world: SampleShop, row: AccessRow) -> Iterator[tuple[str, Any]]:
    """Each knocks on the same world: after a yes everything is put back, after a no nothing may have moved."""
    ready = moto_tables.take_snapshot()
    for who in PRINCIPALS:
        answer = send_as(world, row, who)
        if answer.status < 400:
            moto_tables.restore(ready)
            clear_caches()
        assert moto_tables.list_changes(ready) == {}, f"{who} was told {answer.status}, and yet something moved"
        yield who, answer
