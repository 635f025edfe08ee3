"""Every event handler × every send × every kind of fault: what is delivered again has one effect, and nobody is told
twice. A pull request takes three handlers; `make verify ONLY=faults` takes all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit import db
from chalicelib.notify import store
from tests.verification.faults.ground import Ground
from tests.verification.faults.listeners import News, all_news, asked_for, verdicts


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[Ground, list[News]]]:
    ground = Ground()
    with ground.stood_on():
        yield ground, list(all_news(ground))


@pytest.fixture
def ground(built: tuple[Ground, list[News]]) -> Iterator[Ground]:
    with built[0].again():
        yield built[0]


@pytest.fixture
def news(built: tuple[Ground, list[News]]) -> list[News]:
    return built[1]


@pytest.mark.parametrize("handler", ["fill_backorders", "keep_history", "notify_of_stock"])
def test_news_disturbed_anywhere_and_brought_again_have_one_effect(
    ground: Ground, news: list[News], handler: str
) -> None:
    found = [verdict for each in news if each.handler.endswith(handler) for verdict in verdicts(ground, each)]

    assert found
    assert [verdict for verdict in found if verdict.wrong] == []


def test_every_kind_that_any_listener_asks_for_is_brought_to_it(ground: Ground, news: list[News]) -> None:
    assert asked_for() - {each.name for each in news} == set()


def test_a_listener_that_forgets_what_it_told_is_seen(ground: Ground, news: list[News], monkeypatch: Any) -> None:
    for name in ("tell_once", "put_notice", "claim"):
        kept = getattr(store, name)
        monkeypatch.setattr(store, name, lambda *said, kept=kept: db.put(kept(*said).row))
    dispatched = next(each for each in news if each.name == "notify_of_fulfillment WorkDispatched")

    found = [verdict.wrong for verdict in verdicts(ground, dispatched)]

    assert all("were claimed" in wrong for wrong in found)
