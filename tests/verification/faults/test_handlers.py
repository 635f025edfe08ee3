"""Every event handler × every send × every kind of fault: what is delivered again has one effect, and nobody is told
twice. A pull request takes three handlers; `make verify ONLY=faults` takes all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.notify import store
from tests.verification.faults.handlers import Delivery, list_deliveries, list_subscriptions, verdicts
from tests.verification.faults.replayable_shop import ReplayableShop


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[ReplayableShop, list[Delivery]]]:
    ground = ReplayableShop()
    with ground.build():
        yield ground, list(list_deliveries(ground))


@pytest.fixture
def shop(built: tuple[ReplayableShop, list[Delivery]]) -> Iterator[ReplayableShop]:
    with built[0].install():
        yield built[0]


@pytest.fixture
def deliveries(built: tuple[ReplayableShop, list[Delivery]]) -> list[Delivery]:
    return built[1]


@pytest.mark.parametrize("handler", ["fill_backorders", "project_stock_history", "notify_of_stock"])
def test_a_disturbed_and_redelivered_event_has_one_effect(
    shop: ReplayableShop, deliveries: list[Delivery], handler: str
) -> None:
    found = [verdict for each in deliveries if each.handler.endswith(handler) for verdict in verdicts(shop, each)]

    assert found
    assert [verdict for verdict in found if verdict.failure] == []


def test_every_subscription_is_exercised(shop: ReplayableShop, deliveries: list[Delivery]) -> None:
    assert list_subscriptions() - {each.name for each in deliveries} == set()


def test_a_handler_without_deduplication_is_detected(
    shop: ReplayableShop, deliveries: list[Delivery], monkeypatch: Any
) -> None:
    for name in ("record_notified", "put_notice", "claim"):
        kept = getattr(store, name)
        monkeypatch.setattr(store, name, lambda *said, kept=kept: db.put(kept(*said).row))
    dispatched = next(each for each in deliveries if each.name == "notify_of_fulfillment WorkDispatched")

    found = [verdict.failure for verdict in verdicts(shop, dispatched)]

    assert all("were claimed" in wrong for wrong in found)
