"""Every door that moves money under two faults in one story: one effect, nothing acknowledged is lost, the right answer
in the end. A pull request takes a few endpoints; `make verify ONLY=pairs` takes all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.kit import db, idempotency
from chalicelib.kit.errors import Unavailable
from tests.verification.endpoints.principals import AccessRow
from tests.verification.faults import endpoint_faults, pairs, payment_rows
from tests.verification.faults.pairs import MONEY_ROWS, verdicts
from tests.verification.faults.replayable_shop import ReplayableShop


@pytest.fixture(scope="module")
def built() -> Iterator[ReplayableShop]:
    ground = ReplayableShop()
    with ground.build():
        yield ground


@pytest.fixture
def shop(built: ReplayableShop) -> Iterator[ReplayableShop]:
    with built.install():
        yield built


def find_row(name: str) -> AccessRow:
    return next(row for row in MONEY_ROWS if row.name == name)


@pytest.mark.parametrize("name", ["POST /payments/{payment_id}/confirm", "POST /shifts"])
def test_a_payment_request_with_two_faults_ends_as_undisturbed(shop: ReplayableShop, name: str) -> None:
    assert [str(pair) for pair in verdicts(shop, find_row(name)) if pair.failure] == []


def test_every_endpoint_that_moves_money_is_tested_with_two_faults(shop: ReplayableShop) -> None:
    moving = {
        row.name for row in endpoint_faults.ROWS if moves_money(endpoint_faults.run_undisturbed(shop, row).changes)
    }

    assert moving == set(payment_rows.MONEY_ROW_NAMES)
    assert [row.name for row in MONEY_ROWS] == [
        row.name for row in endpoint_faults.ROWS if row.name in {*moving, *payment_rows.REQUEST_ROW_NAMES}
    ]


def moves_money(moved: list[str]) -> bool:
    """Tenders, drawers and debts; postings; what somebody may owe."""
    signs = ((" test-payments ", ""), (" test-journal ", '"postings\\":[{'), (" test-customers ", "credit"))
    return any(table in text and word in text for text in moved for table, word in signs)


def test_a_second_fault_can_hit_every_send_after_the_first(shop: ReplayableShop) -> None:
    undisturbed = endpoint_faults.run_undisturbed(shop, find_row("PUT /customers/{customer_id}/terms"))

    met = list(pairs.list_pairs(shop, undisturbed))

    assert undisturbed.sends == ["get", "batch", "transact"]
    of_the_commit = [then for first, then in met if first == (2, "killed")]
    assert of_the_commit[:4] == [(3, "reset"), (3, "slow"), (3, "killed"), (4, "reset")]
    assert [then for first, then in met if first == (2, "conflict")] == [(3, kind) for kind in pairs.COMMIT_FAULTS]
    assert [then for first, then in met if first == (2, "duplicate")] == []


def test_an_ignored_idempotency_read_failure_is_detected_only_by_pairs(shop: ReplayableShop, monkeypatch: Any) -> None:
    """Lost once, the reply is in the record; and when the record is away at that moment, it is done again."""
    look_up, remember = idempotency.check_repeat, idempotency.record_answer
    monkeypatch.setattr(idempotency, "check_repeat", lambda asked: ignore_unavailable(look_up, asked))
    monkeypatch.setattr(idempotency, "record_answer", lambda asked, answer: db.put(remember(asked, answer).row))
    opening = find_row("POST /shifts")

    alone = [verdict for verdict in endpoint_faults.verdicts(shop, opening) if verdict.failure]
    both = {(pair.first[1], pair.then[1]) for pair in verdicts(shop, opening) if pair.failure}

    assert alone == []
    assert both == {(lost, away) for lost in ("reply lost", "slow", "killed") for away in ("reset", "slow")}


def ignore_unavailable(look_up: Any, asked: Any) -> None:
    with suppress(Unavailable):
        look_up(asked)
