"""The policy table, its document and the declared endpoints agree."""

from __future__ import annotations

import pytest

from chalicelib.kit import policy
from chalicelib.kit.web import Routes
from infra import permissions
from tests.client import gateway


def test_the_document_is_up_to_date() -> None:
    assert permissions.FILE.read_text() == permissions.render(), "run `make permissions`"


def test_every_relation_has_a_meaning() -> None:
    assert set(permissions.MEANINGS) == set(policy.Relation)


def test_every_role_of_the_table_is_a_caller() -> None:
    roles = {role for grants in policy.TABLE.values() for role in grants}

    assert roles == set(permissions.CALLERS)


def test_every_endpoint_of_the_table_exists() -> None:
    endpoints = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {action for action in policy.TABLE if action.partition(" ")[0].isupper()} == endpoints


def test_an_endpoint_without_a_row_cannot_be_declared() -> None:
    before = list(Routes.registered)

    with pytest.raises(LookupError, match="GET /secrets has no row"):
        Routes("test").get("/secrets")(lambda call: None)

    assert Routes.registered == before


def test_what_anyone_may_every_role_may() -> None:
    assert policy.relations_of("courier", "GET /health") == policy.EVERYTHING
    assert policy.relations_of("courier", "GET /staff") == frozenset()
