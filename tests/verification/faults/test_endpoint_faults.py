"""Every fault at every send of an endpoint: one effect, no acknowledged order lost, the right answer on a retry.

These tests cover the endpoints of money and stock; `make verify ONLY=faults` covers all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit import config, db, files, idempotency
from chalicelib.kit.web import Routes
from tests.client import gateway
from tests.verification.endpoints.principals import AccessRow
from tests.verification.faults import payment_rows
from tests.verification.faults.endpoint_faults import ALLOWED_DIFFERENCES, ROWS, STATELESS, run_undisturbed, verdicts
from tests.verification.faults.faulty_engine import KINDS
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


def place_order_row() -> AccessRow:
    return find_row("POST /orders")


def find_row(name: str) -> AccessRow:
    return next(row for row in ROWS if row.name == name)


def moves_money_or_stock(row: AccessRow) -> bool:
    return row.name in payment_rows.MONEY_ROW_NAMES or (
        "/stock/" in row.endpoint and not row.endpoint.startswith("GET ")
    )


@pytest.mark.parametrize("row", [row for row in ROWS if moves_money_or_stock(row)], ids=lambda row: row.name)
def test_a_request_with_a_fault_at_any_send_ends_as_undisturbed(shop: ReplayableShop, row: AccessRow) -> None:
    assert [verdict for verdict in verdicts(shop, row) if verdict.failure] == []


def test_every_endpoint_is_tested_with_faults() -> None:
    chalice = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {row.endpoint for row in ROWS} == chalice == {endpoint.name for endpoint in Routes.registered}
    assert ALLOWED_DIFFERENCES.keys() | STATELESS <= chalice


def test_every_writing_endpoint_changes_rows(shop: ReplayableShop) -> None:
    writing = {row.endpoint for row in ROWS if run_undisturbed(shop, row).changes}

    assert writing == {row.endpoint for row in ROWS if not row.endpoint.startswith("GET ")} - STATELESS


def test_a_missing_idempotency_record_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(idempotency, "record_answer", lambda request, answer: None)

    kinds = {verdict.kind for verdict in verdicts(shop, place_order_row()) if "other changes" in verdict.failure}

    assert kinds == {"reply lost", "in progress", "slow", "killed"}


def test_a_commit_that_does_not_recognize_itself_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(db, "_is_already_committed", lambda writes, reasons: False)

    row = find_row("POST /offers/{offer_id}/claim")
    kinds = [verdict.kind for verdict in verdicts(shop, row) if verdict.failure]

    assert kinds == ["duplicate"]


def test_an_unhandled_bucket_failure_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "download", fetch_without_retry)

    row = find_row("GET /payments/{payment_id}/proof [a picture]")
    failed = {(verdict.send, verdict.kind) for verdict in verdicts(shop, row) if "server error" in verdict.failure}

    sends = run_undisturbed(shop, row).sends
    assert sends[-1] == "get_object"
    assert failed == {(len(sends) - 1, kind) for kind in KINDS.keys() - {"duplicate", "killed"}}


def fetch_without_retry(key: str) -> tuple[str, bytes]:
    response = files.client().get_object(Bucket=config.bucket(), Key=key)
    return response["ContentType"], response["Body"].read()


def test_a_picture_stored_under_a_new_name_each_time_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    upload, numbers = files.upload, itertools.count()
    monkeypatch.setattr(files, "upload", lambda folder, content: upload(f"{folder}/{next(numbers):040x}", content))

    row = find_row("POST /payments/{payment_id}/proof [a picture]")
    kinds = {verdict.kind for verdict in verdicts(shop, row) if verdict.send == 3 and verdict.failure}

    assert run_undisturbed(shop, row).sends[3] == "put_object"
    assert kinds == {"reply lost", "in progress", "slow", "killed"}
