"""A thousand requests made up from openapi.json: no bug, and nothing wrong let in. The same requests every time;
`make verify ONLY=requests` sends 20,000."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

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
    with open_memory_shop() as found:
        yield found


@pytest.fixture
def different(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Grows with each request unlike all before it, by its hash."""
    found, send = set[int](), generated_requests.send_as_allowed

    def noted(world: SampleShop, row: AccessRow, path: str, query: dict[str, str], body: Any) -> Any:
        found.add(hash((path, repr(query), repr(body))))
        return send(world, row, path, query, body)

    monkeypatch.setattr(generated_requests, "send_as_allowed", noted)
    return found


@pytest.mark.parametrize("kind", generated_requests.KINDS)
@pytest.mark.parametrize("name", generated_requests.WITH_INPUT)
def test_no_generated_request_causes_a_bug_or_is_wrongly_accepted(
    snapshot: MemoryShop, different: set[int], name: str, kind: str
) -> None:
    """Where only an id can be said, some are sent again."""
    cases = generated_requests.cases_per_endpoint(REQUESTS)

    answers = generated_requests.send_cases(snapshot, name, kind, cases)

    assert answers.total() == cases
    assert len(different) >= min(30, cases // 4)


@pytest.mark.parametrize("requests", [1, 20_000, 1_000_000])
def test_at_least_the_requested_number_is_generated(requests: int) -> None:
    assert (
        generated_requests.cases_per_endpoint(requests)
        * len(generated_requests.WITH_INPUT)
        * len(generated_requests.KINDS)
        >= requests
    )


def test_every_endpoint_is_covered() -> None:
    doors = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {*generated_requests.WITH_INPUT, *generated_requests.WITHOUT_INPUT} == doors


@pytest.mark.parametrize("name", generated_requests.WITHOUT_INPUT)
def test_an_endpoint_without_input_refuses_any_query(snapshot: MemoryShop, name: str) -> None:
    snapshot.reset()
    row = generated_requests.ROW_BY_ENDPOINT[name]

    for nasty in generated_requests.HOSTILE_VALUES:
        answer = generated_requests.send_as_allowed(
            snapshot.sample, row, generated_requests.build_path(row, {}), {"x": generated_requests.to_text(nasty)}, None
        )
        assert answer.status == 422, f"{answer.status} for {nasty!r}"
    assert not snapshot.has_changed()


@pytest.mark.parametrize(
    ("path", "name", "text", "status"),
    [
        ("/orders", "limit", "12", 200),
        *[("/orders", "limit", text, 422) for text in ("1.0", "01", "+1", " 1", "1_0", "\u0661")],
        *[("/reports/ledger", "day", text, 422) for text in ("0", "-0.0", "2026-11-22T00:00:00", "20261122")],
        ("/reports/ledger", "day", "2026-11-22", 200),
    ],
)
def test_a_query_value_is_parsed_strictly(snapshot: MemoryShop, path: str, name: str, text: str, status: int) -> None:
    """`day=0` was the first of January 1970, `limit=1_0` was ten."""
    assert send_request(snapshot, "GET", path, by=RATNA, **{name: text}).status == status


@pytest.mark.parametrize(("said", "status"), [("true", 200), ("yes", 422), ("1", 422), ("TRUE", 422)])
def test_dry_run_accepts_only_true(snapshot: MemoryShop, said: str, status: int) -> None:
    body = b"sku,name,price\nTEH-009,Teh Hijau,9000\n"

    assert call("POST", f"/api/imports?file=products&dry_run={said}", body, token=token(RATNA)).status == status


def test_valid_files_are_accepted(snapshot: MemoryShop) -> None:
    answers = generated_requests.send_cases(snapshot, generated_requests.FILE_ENDPOINT, "right", 60)

    assert answers[200] >= 20
