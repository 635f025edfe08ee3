"""Two faults in one request of an endpoint that moves money: one effect, nothing lost, the right answer in the end.

These tests cover a few endpoints; `make verify ONLY=pairs` covers all of them.
"""

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
    replayable_shop = ReplayableShop()
    with replayable_shop.build():
        yield replayable_shop


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
    names = {
        row.name for row in endpoint_faults.ROWS if moves_money(endpoint_faults.run_undisturbed(shop, row).changes)
    }

    assert names == set(payment_rows.MONEY_ROW_NAMES)
    assert [row.name for row in MONEY_ROWS] == [
        row.name for row in endpoint_faults.ROWS if row.name in {*names, *payment_rows.REQUEST_ROW_NAMES}
    ]


def moves_money(changes: list[str]) -> bool:
    """Return True if a payment, shift or receivable, a journal entry with postings or a credit limit has changed."""
    signs = ((" test-payments ", ""), (" test-journal ", '"postings\\":[{'), (" test-customers ", "credit"))
    return any(table in text and part in text for text in changes for table, part in signs)


def test_a_second_fault_can_hit_every_send_after_the_first(shop: ReplayableShop) -> None:
    undisturbed = endpoint_faults.run_undisturbed(shop, find_row("PUT /customers/{customer_id}/terms"))

    listed = list(pairs.list_pairs(shop, undisturbed))

    assert undisturbed.sends == ["batch", "batch", "transact"]
    after_kill = [second for first, second in listed if first == (2, "killed")]
    after_conflict = [second for first, second in listed if first == (2, "conflict")]
    assert after_kill[:4] == [(3, "reset"), (3, "slow"), (3, "killed"), (4, "reset")]
    assert after_conflict == [(3, kind) for kind in pairs.COMMIT_FAULTS]
    assert [second for first, second in listed if first == (2, "duplicate")] == []


def test_an_ignored_idempotency_read_failure_is_detected_only_by_pairs(shop: ReplayableShop, monkeypatch: Any) -> None:
    """After one lost reply the retry reads the record; only if that read fails too is the request executed again."""
    check_repeat, record_answer = idempotency.check_repeat, idempotency.record_answer
    monkeypatch.setattr(idempotency, "check_repeat", lambda request: ignore_unavailable(check_repeat, request))
    monkeypatch.setattr(
        idempotency, "record_answer", lambda request, answer: db.put(record_answer(request, answer).row)
    )
    row = find_row("POST /shifts")

    failed_alone = [verdict for verdict in endpoint_faults.verdicts(shop, row) if verdict.failure]
    failed_pairs = {(pair.first[1], pair.second[1]) for pair in verdicts(shop, row) if pair.failure}

    assert failed_alone == []
    assert failed_pairs == {(lost, failed) for lost in ("reply lost", "slow", "killed") for failed in ("reset", "slow")}


def ignore_unavailable(check_repeat: Any, request: Any) -> None:
    with suppress(Unavailable):
        check_repeat(request)
