"""Every fault at every send of an event handler: a redelivered event has one effect and sends no message twice.

These tests cover three handlers; `make verify ONLY=faults` covers all of them.
"""

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
    replayable_shop = ReplayableShop()
    with replayable_shop.build():
        yield replayable_shop, list(list_deliveries(replayable_shop))


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
    selected = [delivery for delivery in deliveries if delivery.handler.endswith(handler)]
    results = [verdict for delivery in selected for verdict in verdicts(shop, delivery)]

    assert results
    assert [verdict for verdict in results if verdict.failure] == []


def test_every_subscription_is_exercised(shop: ReplayableShop, deliveries: list[Delivery]) -> None:
    assert list_subscriptions() - {delivery.name for delivery in deliveries} == set()


def test_a_handler_without_deduplication_is_detected(
    shop: ReplayableShop, deliveries: list[Delivery], monkeypatch: Any
) -> None:
    for name in ("record_notified", "put_notice", "claim_send"):
        original = getattr(store, name)
        monkeypatch.setattr(store, name, lambda *args, original=original: db.put(original(*args).row))
    dispatched = next(delivery for delivery in deliveries if delivery.name == "notify_of_fulfillment WorkDispatched")

    failures = [verdict.failure for verdict in verdicts(shop, dispatched)]

    assert all("were claimed" in failure for failure in failures)
