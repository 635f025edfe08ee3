"""Every endpoint as every principal: only those that the access table lists are allowed; refusals change nothing."""

from __future__ import annotations

import pytest

from chalicelib.kit.web import Routes
from tests.client import gateway
from tests.conftest import clear_caches
from tests.verification.endpoints import memory_tables
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import PRINCIPALS, AccessRow, send_as
from tests.verification.endpoints.sample_shop import SampleShop

REFUSED = {401, 403, 404}


def test_every_endpoint_has_a_row_and_every_row_an_endpoint() -> None:
    chalice = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {row.endpoint for row in ROWS} == chalice == {endpoint.name for endpoint in Routes.registered}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_listed_principals_are_allowed(sample: SampleShop, row: AccessRow) -> None:
    if row.prepare:
        row.prepare(sample)
    before = memory_tables.take_snapshot()

    refusals = {principal: send_as(sample, row, principal) for principal in PRINCIPALS if principal not in row.allowed}

    assert {principal: answer.status for principal, answer in refusals.items() if answer.status < 400} == {}
    assert memory_tables.list_changes(before) == [], "a refused request changed something"
    assert {
        principal: answer.json["code"] for principal, answer in refusals.items() if answer.status not in REFUSED
    } == row.refused_by_rule
    for principal in sorted(row.allowed):
        assert send_as(sample, row, principal).status < 400, principal
        memory_tables.restore(before)
        clear_caches()
