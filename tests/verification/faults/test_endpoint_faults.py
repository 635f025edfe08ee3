"""Every endpoint × every send × every kind of fault: one effect, no acknowledged order lost, the right answer on retry.
A pull request takes the endpoints of money and stock; `make verify ONLY=faults` takes all of them."""

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
    ground = ReplayableShop()
    with ground.build():
        yield ground


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

    assert {row.endpoint for row in ROWS} == chalice == {door.name for door in Routes.registered}
    assert ALLOWED_DIFFERENCES.keys() | STATELESS <= chalice


def test_every_writing_endpoint_changes_rows(shop: ReplayableShop) -> None:
    moving = {row.endpoint for row in ROWS if run_undisturbed(shop, row).changes}

    assert moving == {row.endpoint for row in ROWS if not row.endpoint.startswith("GET ")} - STATELESS


def test_a_missing_idempotency_record_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(idempotency, "record_answer", lambda request, answer: None)

    found = {verdict.kind for verdict in verdicts(shop, place_order_row()) if "moved otherwise" in verdict.failure}

    assert found == {"reply lost", "in progress", "slow", "killed"}


def test_a_commit_that_does_not_recognize_itself_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(db, "_is_already_committed", lambda writes, reasons: False)

    claiming = find_row("POST /offers/{offer_id}/claim")
    found = [verdict.kind for verdict in verdicts(shop, claiming) if verdict.failure]

    assert found == ["duplicate"]


def test_an_unhandled_bucket_failure_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "download", fetch_without_retry)

    looking = find_row("GET /payments/{payment_id}/proof [a picture]")
    found = {(verdict.send, verdict.kind) for verdict in verdicts(shop, looking) if "a bug" in verdict.failure}

    assert run_undisturbed(shop, looking).sends == ["get", "get", "get_object"]
    assert found == {(2, kind) for kind in KINDS.keys() - {"duplicate", "killed"}}


def fetch_without_retry(key: str) -> tuple[str, bytes]:
    found = files.client().get_object(Bucket=config.bucket(), Key=key)
    return found["ContentType"], found["Body"].read()


def test_a_picture_stored_under_a_new_name_each_time_is_detected(shop: ReplayableShop, monkeypatch: Any) -> None:
    keep, named_anew = files.upload, itertools.count()
    monkeypatch.setattr(files, "upload", lambda folder, content: keep(f"{folder}/{next(named_anew):040x}", content))

    sending = find_row("POST /payments/{payment_id}/proof [a picture]")
    found = {verdict.kind for verdict in verdicts(shop, sending) if verdict.send == 3 and verdict.failure}

    assert run_undisturbed(shop, sending).sends[3] == "put_object"
    assert found == {"reply lost", "in progress", "slow", "killed"}
