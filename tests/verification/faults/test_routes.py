"""Every endpoint × every send × every kind of fault: one effect, no acknowledged order lost, the right answer on retry.
A pull request takes the endpoints of money and stock; `make verify ONLY=faults` takes all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit import config, db, files, requests
from chalicelib.kit.web import Routes
from tests.client import gateway
from tests.verification.endpoints.knock import Row
from tests.verification.faults import money
from tests.verification.faults.ground import Ground
from tests.verification.faults.line import KINDS
from tests.verification.faults.routes import EXCUSED, ROWS, STATELESS, clean, verdicts


@pytest.fixture(scope="module")
def built() -> Iterator[Ground]:
    ground = Ground()
    with ground.stood_on():
        yield ground


@pytest.fixture
def ground(built: Ground) -> Iterator[Ground]:
    with built.again():
        yield built


def placing() -> Row:
    return named("POST /orders")


def named(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


def moves_money_or_stock(row: Row) -> bool:
    return row.name in money.DOORS or ("/stock/" in row.door and not row.door.startswith("GET "))


@pytest.mark.parametrize("row", [row for row in ROWS if moves_money_or_stock(row)], ids=lambda row: row.name)
def test_a_request_disturbed_anywhere_ends_as_if_nothing_had_been(ground: Ground, row: Row) -> None:
    assert [verdict for verdict in verdicts(ground, row) if verdict.wrong] == []


def test_every_door_is_disturbed() -> None:
    chalice = {f"{method} {path}" for path, methods in gateway().app.routes.items() for method in methods}

    assert {row.door for row in ROWS} == chalice == {door.name for door in Routes.every}
    assert EXCUSED.keys() | STATELESS <= chalice


def test_every_door_that_changes_something_is_seen_to_change_it(ground: Ground) -> None:
    moving = {row.door for row in ROWS if clean(ground, row).moved}

    assert moving == {row.door for row in ROWS if not row.door.startswith("GET ")} - STATELESS


def test_without_its_record_a_request_has_two_effects_and_that_is_seen(ground: Ground, monkeypatch: Any) -> None:
    monkeypatch.setattr(requests, "remember", lambda request, answer: None)

    found = {verdict.kind for verdict in verdicts(ground, placing()) if "moved otherwise" in verdict.wrong}

    assert found == {"reply lost", "in progress", "slow", "killed"}


def test_a_commit_that_does_not_know_its_own_is_seen(ground: Ground, monkeypatch: Any) -> None:
    monkeypatch.setattr(db, "_was_already_committed", lambda writes, reasons: False)

    claiming = named("POST /offers/{offer_id}/claim")
    found = [verdict.kind for verdict in verdicts(ground, claiming) if verdict.wrong]

    assert found == ["duplicate"]


def test_a_bucket_that_stays_away_and_is_taken_for_a_bug_is_seen(ground: Ground, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "fetch", fetched_carelessly)

    looking = named("GET /payments/{payment_id}/proof [a picture]")
    found = {(verdict.send, verdict.kind) for verdict in verdicts(ground, looking) if "a bug" in verdict.wrong}

    assert clean(ground, looking).sends == ["get", "get", "get_object"]
    assert found == {(2, kind) for kind in KINDS.keys() - {"duplicate", "killed"}}


def fetched_carelessly(key: str) -> tuple[str, bytes]:
    found = files.client().get_object(Bucket=config.bucket(), Key=key)
    return found["ContentType"], found["Body"].read()


def test_a_picture_kept_under_another_name_each_time_is_seen(ground: Ground, monkeypatch: Any) -> None:
    keep, named_anew = files.keep, itertools.count()
    monkeypatch.setattr(files, "keep", lambda folder, content: keep(f"{folder}/{next(named_anew):040x}", content))

    sending = named("POST /payments/{payment_id}/proof [a picture]")
    found = {verdict.kind for verdict in verdicts(ground, sending) if verdict.send == 3 and verdict.wrong}

    assert clean(ground, sending).sends[3] == "put_object"
    assert found == {"reply lost", "in progress", "slow", "killed"}
