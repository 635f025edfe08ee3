"""Every endpoint as every principal: only those that the access table lists are allowed; refusals change nothing."""

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

    assert {row.endpoint for row in ROWS} == chalice == {endpoint.name for endpoint in Routes.registered}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_listed_principals_are_allowed(sample: SampleShop, row: AccessRow) -> None:
    if row.prepare:
        row.prepare(sample)

    answers = dict(send_as_all_principals(sample, row))

    assert {principal for principal, answer in answers.items() if answer.status < 400} == row.allowed
    assert {
        principal: answer.json["code"]
        for principal, answer in answers.items()
        if answer.status not in {*range(400), *REFUSED}
    } == row.refused_by_rule


def send_as_all_principals(sample: SampleShop, row: AccessRow) -> Iterator[tuple[str, Any]]:
    """Yield (principal, response). Tables are restored after a success; a refusal must not have changed them."""
    before = moto_tables.take_snapshot()
    for principal in PRINCIPALS:
        answer = send_as(sample, row, principal)
        if answer.status < 400:
            moto_tables.restore(before)
            clear_caches()
        assert moto_tables.list_changes(before) == {}, f"{answer.status} for {principal} changed something"
        yield principal, answer
