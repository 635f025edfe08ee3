"""The doors for events: they stand alone, and refuse quietly what is done already."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from chalicelib.fulfillment import events
from chalicelib.kit import journal
from chalicelib.kit.errors import Moved, NotFound, Problem, Unavailable
from tests.fulfillment.build import BUDI, claims, it_is_noon, parked, placed, placed_only, the_case, told, works
from tests.shop import TEAPOT, open_shop, put


def test_the_module_works_where_app_py_is_not_imported() -> None:
    code = "import tests.environment, chalicelib.fulfillment.events as e; e.hear({'kind': 'Unheard'})"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("failure", [Unavailable, Moved])
def test_a_refusal_is_no_failure_and_a_busy_store_or_order_is(
    failure: type[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lost six races in a row has done nothing yet: the news must come again."""
    message = {"kind": "OrderPlaced", "subject": "order#ord_1", "sequence": 1, "event_id": "evt_1"}
    message |= {"occurred_at": "2026-11-22T05:00:00.000Z", "actor": "shopper", "channel": "web", "body": {}}
    monkeypatch.setattr(journal, "message_to_entry", lambda said: said)

    def raises(problem: Exception) -> Any:
        def listener(said: Any) -> None:
            raise problem

        return listener

    monkeypatch.setitem(events.HEARD, "OrderPlaced", raises(NotFound()))
    message["subject"] = "order#ord_1"
    events.hear(message)

    monkeypatch.setitem(events.HEARD, "OrderPlaced", raises(failure()))
    with pytest.raises(failure):
        events.hear(message)


def test_work_follows_the_goods_when_late_money_finds_them_elsewhere(aws: Any) -> None:
    from chalicelib.kit import clock, db
    from chalicelib.orders.model import ProofSubmitted
    from chalicelib.orders.store import append_event, change_order
    from chalicelib.stock.model import Piece
    from tests.fulfillment.build import step

    it_is_noon()
    open_shop(TEAPOT=5)
    put(TEAPOT, "wh-sidoarjo", 5)
    order = placed((TEAPOT, 2))
    case = the_case(order)
    entry, head = append_event(case.order, ProofSubmitted(order, "pay_1"), actor="test", at=clock.now())
    elsewhere = (Piece(TEAPOT, "wh-sidoarjo", 2),)
    db.commit([change_order(case.order, head=head, pieces=elsewhere), entry])

    from chalicelib.fulfillment.realign import realign

    moved, again = realign(order), realign(order)

    assert (moved, again) == (True, False)
    assert works(order) == [("wh-surabaya", "cancelled"), ("wh-sidoarjo", "assigned")]
    assert told(order)[-2:] == ["WorkRerouted", "WorkCancelled"]
    assert step(order, "accept", "owner-ratna").status == 200


def test_an_event_heard_late_finds_the_work_done(aws: Any) -> None:
    it_is_noon()
    open_shop(TEAPOT=5)
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed((TEAPOT, 2))
    claims(order, BUDI)
    before = told(order)

    for entry in reversed(journal.history(f"order#{order}")):
        events.hear(journal.entry_to_message(entry))

    assert told(order) == before
    assert works(order) == [("wh-surabaya", "cancelled"), ("van-budi", "accepted")]


def test_a_placement_is_routed_once_though_two_hear_it_at_once(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.fulfillment import offer as opening
    from chalicelib.fulfillment.store import load_case

    it_is_noon()
    open_shop(TEAPOT=5)
    put(TEAPOT, "van-budi", 3)
    parked(BUDI)
    order = placed_only((TEAPOT, 2))
    entry = journal.entry_to_message(journal.history(f"order#{order}")[0])
    pending = [lambda: events.hear(entry)]

    def load(order_id: str) -> Any:
        case = load_case(order_id)
        if pending:
            pending.pop()()
        return case

    monkeypatch.setattr(opening, "load_case", load)
    events.hear(entry)

    assert told(order) == ["OrderPlaced", "OfferOpened"]
    assert (len(the_case(order).offers), len(the_case(order).works)) == (1, 1)
