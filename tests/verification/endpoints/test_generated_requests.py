"""Send a thousand requests generated from openapi.json: none may cause a bug, and no invalid one may be accepted.

The requests are the same in every run; `make verify ONLY=requests` sends 20,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import pytest

from chalicelib.kit.web import JSON_PATTERNS, Routes
from tests.client import call, gateway
from tests.shop import token
from tests.verification.attacks import generated_requests
from tests.verification.attacks.actions import send_request
from tests.verification.attacks.memory_shop import MemoryShop, open_memory_shop
from tests.verification.endpoints.principals import AccessRow
from tests.verification.endpoints.sample_shop import RATNA, SampleShop

REQUESTS = 1_000


@pytest.fixture(scope="module")
def shop() -> Iterator[MemoryShop]:
    with open_memory_shop() as memory_shop:
        yield memory_shop


@pytest.fixture
def distinct_requests(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Return a set that collects the hashes of the requests sent."""
    hashes, send = set[int](), generated_requests.send_as_allowed

    def record_and_send(sample: SampleShop, row: AccessRow, path: str, query: dict[str, str], body: Any) -> Any:
        hashes.add(hash((path, repr(query), repr(body))))
        return send(sample, row, path, query, body)

    monkeypatch.setattr(generated_requests, "send_as_allowed", record_and_send)
    return hashes


@pytest.mark.parametrize("kind", generated_requests.KINDS)
@pytest.mark.parametrize("name", generated_requests.WITH_INPUT)
def test_no_generated_request_causes_a_bug_or_is_wrongly_accepted(
    shop: MemoryShop, distinct_requests: set[int], name: str, kind: str
) -> None:
    """Endpoints that take only an id get some requests more than once."""
    cases = generated_requests.cases_per_endpoint(REQUESTS)

    answers = generated_requests.send_cases(shop, name, kind, cases)

    assert answers.total() == cases
    assert len(distinct_requests) >= min(30, cases // 4)


@pytest.mark.parametrize("requests", [1, 20_000, 1_000_000])
def test_at_least_the_requested_number_is_generated(requests: int) -> None:
    assert (
        generated_requests.cases_per_endpoint(requests)
        * len(generated_requests.WITH_INPUT)
        * len(generated_requests.KINDS)
        >= requests
    )


def test_every_endpoint_is_covered() -> None:
    endpoints = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {*generated_requests.WITH_INPUT, *generated_requests.WITHOUT_INPUT} == endpoints


@pytest.mark.parametrize("name", generated_requests.WITHOUT_INPUT)
def test_an_endpoint_without_input_refuses_any_query(shop: MemoryShop, name: str) -> None:
    shop.reset()
    row = generated_requests.ROW_BY_ENDPOINT[name]

    for value in generated_requests.HOSTILE_VALUES:
        answer = generated_requests.send_as_allowed(
            shop.sample, row, generated_requests.build_path(row, {}), {"x": generated_requests.to_text(value)}, None
        )
        assert answer.status == 422, f"{answer.status} for {value!r}"
    assert not shop.has_changed()


@pytest.mark.parametrize(
    ("path", "name", "text", "status"),
    [
        ("/orders", "limit", "12", 200),
        *[("/orders", "limit", text, 422) for text in ("1.0", "01", "+1", " 1", "1_0", "\u0661")],
        *[("/reports/ledger", "day", text, 422) for text in ("0", "-0.0", "2026-11-22T00:00:00", "20261122")],
        ("/reports/ledger", "day", "2026-11-22", 200),
    ],
)
def test_a_query_value_is_parsed_strictly(shop: MemoryShop, path: str, name: str, text: str, status: int) -> None:
    """Once `day=0` was read as 1 January 1970 and `limit=1_0` as 10."""
    assert send_request(shop, "GET", path, by=RATNA, **{name: text}).status == status


def test_every_query_value_other_than_text_has_a_notation() -> None:
    """Once `?number=1_0` was read as 10, because only `int` and not `int | None` was listed."""
    queries = {endpoint.query for endpoint in Routes.registered if endpoint.query}
    fields = [(query, name, field.annotation) for query in queries for name, field in query.model_fields.items()]

    unlisted = [
        f"{query.__name__}.{name}: {kind}"
        for query, name, kind in fields
        if kind not in JSON_PATTERNS and any(part in (int, float, bool, date) for part in (kind, *get_args(kind)))
    ]

    assert unlisted == []


@pytest.mark.parametrize(("text", "status"), [("true", 200), ("yes", 422), ("1", 422), ("TRUE", 422)])
def test_dry_run_accepts_only_true(shop: MemoryShop, text: str, status: int) -> None:
    body = b"sku,name,price\nTEH-009,Teh Hijau,9000\n"

    assert call("POST", f"/api/imports?file=products&dry_run={text}", body, token=token(RATNA)).status == status


def test_valid_files_are_accepted(shop: MemoryShop) -> None:
    answers = generated_requests.send_cases(shop, generated_requests.FILE_ENDPOINT, "right", 60)

    assert answers[200] >= 20
