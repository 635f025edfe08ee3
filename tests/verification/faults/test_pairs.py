"""Every door that moves money under two faults in one story: one effect, nothing acknowledged is lost, the right answer
in the end. A pull request takes a few endpoints; `make verify ONLY=pairs` takes all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.kit import db, requests
from chalicelib.kit.errors import Unavailable
from tests.verification.endpoints.knock import Row
from tests.verification.faults import money, pairs, routes
from tests.verification.faults.ground import Ground
from tests.verification.faults.pairs import DOORS, verdicts


@pytest.fixture(scope="module")
def built() -> Iterator[Ground]:
    ground = Ground()
    with ground.stood_on():
        yield ground


@pytest.fixture
def ground(built: Ground) -> Iterator[Ground]:
    with built.again():
        yield built


def door(name: str) -> Row:
    return next(row for row in DOORS if row.name == name)


@pytest.mark.parametrize("name", ["POST /payments/{payment_id}/confirm", "POST /shifts"])
def test_money_disturbed_twice_ends_as_if_nothing_had_been(ground: Ground, name: str) -> None:
    assert [str(pair) for pair in verdicts(ground, door(name)) if pair.wrong] == []


def test_every_door_that_moves_money_is_disturbed_twice(ground: Ground) -> None:
    moving = {row.name for row in routes.ROWS if moves_money(routes.clean(ground, row).moved)}

    assert moving == set(money.DOORS)
    assert [row.name for row in DOORS] == [row.name for row in routes.ROWS if row.name in {*moving, *money.ASKS}]


def moves_money(moved: list[str]) -> bool:
    """Tenders, drawers and debts; postings; what somebody may owe."""
    signs = ((" test-payments ", ""), (" test-journal ", '"postings\\":[{'), (" test-customers ", "credit"))
    return any(table in text and word in text for text in moved for table, word in signs)


def test_a_second_fault_meets_what_the_first_leaves_to_be_done(ground: Ground) -> None:
    undisturbed = routes.clean(ground, door("PUT /customers/{customer_id}/terms"))

    met = list(pairs.stories(ground, undisturbed))

    assert undisturbed.sends == ["get", "batch", "transact"]
    of_the_commit = [then for first, then in met if first == (2, "killed")]
    assert of_the_commit[:4] == [(3, "reset"), (3, "slow"), (3, "killed"), (4, "reset")]
    assert [then for first, then in met if first == (2, "conflict")] == [(3, kind) for kind in pairs.OF_A_COMMIT]
    assert [then for first, then in met if first == (2, "duplicate")] == []


def test_a_record_that_is_asked_only_where_it_answers_is_seen_by_pairs_alone(ground: Ground, monkeypatch: Any) -> None:
    """Lost once, the reply is in the record; and when the record is away at that moment, it is done again."""
    look_up, remember = requests.look_up, requests.remember
    monkeypatch.setattr(requests, "look_up", lambda asked: carelessly(look_up, asked))
    monkeypatch.setattr(requests, "remember", lambda asked, answer: db.put(remember(asked, answer).row))
    opening = door("POST /shifts")

    alone = [verdict for verdict in routes.verdicts(ground, opening) if verdict.wrong]
    both = {(pair.first[1], pair.then[1]) for pair in verdicts(ground, opening) if pair.wrong}

    assert alone == []
    assert both == {(lost, away) for lost in ("reply lost", "slow", "killed") for away in ("reset", "slow")}


def carelessly(look_up: Any, asked: Any) -> None:
    with suppress(Unavailable):
        look_up(asked)
