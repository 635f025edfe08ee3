"""A thousand requests made up from openapi.json: no bug, and nothing wrong let in. The same requests every time;
`make verify ONLY=requests` sends 20,000."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.client import call, gateway
from tests.shop import token
from tests.verification.attacks import hostile
from tests.verification.attacks.acts import ask
from tests.verification.attacks.ground import Ground, stood_on
from tests.verification.endpoints.knock import Row
from tests.verification.endpoints.world import RATNA, World

REQUESTS = 1_000


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with stood_on() as found:
        yield found


@pytest.fixture
def different(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Grows with each request unlike all before it, by its hash."""
    found, send = set[int](), hostile.sent

    def noted(world: World, row: Row, path: str, query: dict[str, str], body: Any) -> Any:
        found.add(hash((path, repr(query), repr(body))))
        return send(world, row, path, query, body)

    monkeypatch.setattr(hostile, "sent", noted)
    return found


@pytest.mark.parametrize("kind", hostile.KINDS)
@pytest.mark.parametrize("name", hostile.TAKES)
def test_no_request_finds_a_bug_or_slips_through(ground: Ground, different: set[int], name: str, kind: str) -> None:
    """Where only an id can be said, some are sent again."""
    cases = hostile.cases_for(REQUESTS)

    answers = hostile.knock_at(ground, name, kind, cases)

    assert answers.total() == cases
    assert len(different) >= min(30, cases // 4)


@pytest.mark.parametrize("requests", [1, 20_000, 1_000_000])
def test_no_fewer_are_made_up_than_were_asked_for(requests: int) -> None:
    assert hostile.cases_for(requests) * len(hostile.TAKES) * len(hostile.KINDS) >= requests


def test_every_door_is_knocked_at() -> None:
    doors = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {*hostile.TAKES, *hostile.BARE} == doors


@pytest.mark.parametrize("name", hostile.BARE)
def test_a_door_that_asks_nothing_refuses_whatever_is_said_in_its_query(ground: Ground, name: str) -> None:
    ground.again()
    row = hostile.DOORS[name]

    for nasty in hostile.NASTY:
        answer = hostile.sent(ground.world, row, hostile.path_of(row, {}), {"x": hostile.text(nasty)}, None)
        assert answer.status == 422, f"{answer.status} for {nasty!r}"
    assert not ground.moved()


@pytest.mark.parametrize(
    ("path", "name", "text", "status"),
    [
        ("/orders", "limit", "12", 200),
        *[("/orders", "limit", text, 422) for text in ("1.0", "01", "+1", " 1", "1_0", "\u0661")],
        *[("/reports/ledger", "day", text, 422) for text in ("0", "-0.0", "2026-11-22T00:00:00", "20261122")],
        ("/reports/ledger", "day", "2026-11-22", 200),
    ],
)
def test_a_query_is_read_as_json_writes_it_and_never_guessed_at(
    ground: Ground, path: str, name: str, text: str, status: int
) -> None:
    """`day=0` was the first of January 1970, `limit=1_0` was ten."""
    assert ask(ground, "GET", path, by=RATNA, **{name: text}).status == status


@pytest.mark.parametrize(("said", "status"), [("true", 200), ("yes", 422), ("1", 422), ("TRUE", 422)])
def test_a_dry_run_is_asked_for_by_true_alone(ground: Ground, said: str, status: int) -> None:
    body = b"sku,name,price\nTEH-009,Teh Hijau,9000\n"

    assert call("POST", f"/api/imports?file=products&dry_run={said}", body, token=token(RATNA)).status == status


def test_files_are_read_and_not_only_refused(ground: Ground) -> None:
    answers = hostile.knock_at(ground, hostile.FILE_DOOR, "right", 60)

    assert answers[200] >= 20
