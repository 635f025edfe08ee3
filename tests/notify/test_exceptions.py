from __future__ import annotations

from typing import Any

import pytest

from chalicelib.notify import transports
from chalicelib.notify.tell import tell
from tests.client import call
from tests.notify.build import a_shop_with_vans, offered, placed, told
from tests.shop import later, token


def board() -> list[dict[str, Any]]:
    answer = call("GET", "/api/exceptions", token=token("owner-ratna"))
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_work_that_lies_too_long_is_on_the_owners_board_with_its_way_out(carriers: Any) -> None:
    a_shop_with_vans()
    opened = told(offered(), "OfferOpened")
    assert board() == []

    later(minutes=61)

    [late] = board()
    fulfillment = opened.event.assigned[0].fulfillment_id
    assert late["kind"] == "late_work" and late["fulfillment"] == fulfillment
    assert late["action"] == {"method": "POST", "path": f"/fulfillments/{fulfillment}/reject"}
    assert late["number"] == call("GET", f"/api/orders/{late['order']}", token=token("owner-ratna")).json["number"]


def test_a_transfer_about_to_lapse_is_on_the_board(carriers: Any) -> None:
    a_shop_with_vans()
    order_id = placed(payments=[{"method": "transfer"}])
    assert board() == []

    later(minutes=23 * 60)

    [expiring] = board()
    assert expiring["kind"] == "expiring_transfer" and expiring["order"] == order_id


def test_a_message_that_failed_is_on_the_board(carriers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_shop_with_vans()
    order_id = placed()

    def refused(*said: str) -> None:
        raise transports.NotSent

    monkeypatch.setattr(transports, "sms", refused)
    tell(told(order_id, "OrderPlaced"))

    [failed] = board()
    assert failed["kind"] == "failed_message" and failed["transport"] == "sms"
    assert failed["order"] == order_id and failed["template"] == "placed"
    assert failed["number"] == call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json["number"]


def test_only_the_owner_reads_the_board(carriers: Any) -> None:
    a_shop_with_vans()

    assert call("GET", "/api/exceptions", token=token("salesman-budi")).status == 403
