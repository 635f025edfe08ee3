from __future__ import annotations

from typing import Any

import pytest

from chalicelib.notify import transports
from chalicelib.notify.deliver import deliver_messages
from tests.client import call
from tests.notify.build import a_shop_with_vans, load_last_entry, place_and_offer_order, place_order
from tests.shop import advance_clock, token


def list_board() -> list[dict[str, Any]]:
    answer = call("GET", "/api/exceptions", token=token("owner-ratna"))
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_late_work_is_on_the_owners_board_with_the_endpoint_that_resolves_it(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    assert list_board() == []

    advance_clock(minutes=61)

    [late] = list_board()
    fulfillment = opened.event.assigned[0].fulfillment_id
    assert late["kind"] == "late_work" and late["fulfillment"] == fulfillment
    assert late["action"] == {"method": "POST", "path": f"/fulfillments/{fulfillment}/reject"}
    assert late["number"] == call("GET", f"/api/orders/{late['order']}", token=token("owner-ratna")).json["number"]


def test_a_transfer_that_expires_soon_is_on_the_board(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order(payments=[{"method": "transfer"}])
    assert list_board() == []

    advance_clock(minutes=23 * 60)

    without_work, expiring = list_board()  # no event was delivered
    assert without_work["kind"] == "without_work" and without_work["order"] == order_id
    assert expiring["kind"] == "expiring_transfer" and expiring["order"] == order_id


def test_a_message_that_failed_is_on_the_board(sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_shop_with_vans()
    order_id = place_order()

    def refuse(*args: str) -> None:
        raise transports.NotSent

    monkeypatch.setattr(transports, "send_sms", refuse)
    deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    [failed] = list_board()
    assert failed["kind"] == "failed_message" and failed["transport"] == "sms"
    assert failed["order"] == order_id and failed["template"] == "placed"
    assert failed["number"] == call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json["number"]


def test_only_the_owner_reads_the_board(sns_and_ses: Any) -> None:
    a_shop_with_vans()

    assert call("GET", "/api/exceptions", token=token("salesman-budi")).status == 403
