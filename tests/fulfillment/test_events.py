"""The event handlers of fulfillment: they work without app.py, and ignore events that were handled before."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from chalicelib.fulfillment import events
from chalicelib.kit import journal
from chalicelib.kit.errors import NotFound, Problem, StaleVersion, Unavailable
from tests.fulfillment.build import (
    BUDI,
    claim_as,
    event_kinds,
    freeze_at_noon,
    list_statuses,
    load_fulfillment,
    park_vans,
    place_order,
    place_order_without_events,
)
from tests.shop import TEAPOT, add_stock, open_shop


def test_the_module_works_where_app_py_is_not_imported() -> None:
    code = "import tests.environment, chalicelib.fulfillment.events as e; e.handle_message({'kind': 'Unheard'})"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("failure", [Unavailable, StaleVersion])
def test_a_refusal_is_swallowed_but_unavailable_and_stale_version_are_raised(
    failure: type[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """StaleVersion after all retries means that nothing was done, so the message must be delivered again."""
    message = {"kind": "OrderPlaced", "subject": "order#ord_1", "sequence": 1, "event_id": "evt_1"}
    message |= {"occurred_at": "2026-11-22T05:00:00.000Z", "actor": "shopper", "channel": "web", "body": {}}
    monkeypatch.setattr(journal, "message_to_entry", lambda body: body)

    def raises(problem: Exception) -> Any:
        def handler(entry: Any) -> None:
            raise problem

        return handler

    monkeypatch.setitem(events.HANDLERS, "OrderPlaced", raises(NotFound()))
    message["subject"] = "order#ord_1"
    events.handle_message(message)

    monkeypatch.setitem(events.HANDLERS, "OrderPlaced", raises(failure()))
    with pytest.raises(failure):
        events.handle_message(message)


def test_fulfillments_follow_the_allocations_when_a_late_payment_moves_them(aws: Any) -> None:
    from chalicelib.kit import clock, db
    from chalicelib.orders.model import ProofSubmitted
    from chalicelib.orders.store import append_event, change_order
    from chalicelib.stock.model import Allocation
    from tests.fulfillment.build import post_step

    freeze_at_noon()
    open_shop(TEAPOT=5)
    add_stock(TEAPOT, "wh-sidoarjo", 5)
    order = place_order((TEAPOT, 2))
    order_fulfillment = load_fulfillment(order)
    entry, head = append_event(order_fulfillment.order, ProofSubmitted(order, "pay_1"), actor="test", at=clock.now())
    elsewhere = (Allocation(TEAPOT, "wh-sidoarjo", 2),)
    db.commit([change_order(order_fulfillment.order, head=head, allocations=elsewhere), entry])

    from chalicelib.fulfillment.reconcile import reconcile

    moved, again = reconcile(order), reconcile(order)

    assert (moved, again) == (True, False)
    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("wh-sidoarjo", "assigned")]
    assert event_kinds(order)[-2:] == ["WorkRerouted", "WorkCancelled"]
    assert post_step(order, "accept", "owner-ratna").status == 200


def test_a_late_event_changes_nothing(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5)
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order((TEAPOT, 2))
    claim_as(order, BUDI)
    before = event_kinds(order)

    for entry in reversed(journal.history(f"order#{order}")):
        events.handle_message(journal.row_to_message(entry))

    assert event_kinds(order) == before
    assert list_statuses(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]


def test_an_order_is_routed_once_by_two_concurrent_handlers(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.fulfillment import assign as assigning
    from chalicelib.fulfillment.store import load_fulfillment_of_order

    freeze_at_noon()
    open_shop(TEAPOT=5)
    add_stock(TEAPOT, "van-budi", 3)
    park_vans(BUDI)
    order = place_order_without_events((TEAPOT, 2))
    entry = journal.row_to_message(journal.history(f"order#{order}")[0])
    pending = [lambda: events.handle_message(entry)]

    def load(order_id: str) -> Any:
        order_fulfillment = load_fulfillment_of_order(order_id)
        if pending:
            pending.pop()()
        return order_fulfillment

    monkeypatch.setattr(assigning, "load_fulfillment_of_order", load)
    events.handle_message(entry)

    assert event_kinds(order) == ["OrderPlaced", "OfferOpened"]
    assert (len(load_fulfillment(order).offers), len(load_fulfillment(order).fulfillments)) == (1, 1)
