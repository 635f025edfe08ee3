from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.notify import exception_board, transports
from chalicelib.notify.deliver import deliver_messages
from chalicelib.orders.model import OrderStatus
from tests.client import call
from tests.fulfillment.test_model import AN_ORDER
from tests.notify.build import a_shop_with_vans, load_last_entry, place_and_offer_order, place_order, sms_sent
from tests.shop import TEAPOT, advance_clock, an_order, token


def list_board() -> list[dict[str, Any]]:
    answer = call("GET", "/api/exceptions", token=token("owner-ratna"))
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def refuse_to_send(*args: str) -> None:
    raise transports.NotSent


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

    monkeypatch.setattr(transports, "send_sms", refuse_to_send)
    deliver_messages(load_last_entry(order_id, "OrderPlaced"))

    [failed] = list_board()
    assert failed["kind"] == "failed_message" and failed["transport"] == "sms"
    assert failed["order"] == order_id and failed["template"] == "placed"
    assert failed["number"] == call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json["number"]


@pytest.mark.parametrize(
    ("template", "status", "awaited"),
    [
        ("placed", "placed", True),
        ("placed", "completed", False),
        ("paid", "cancelled", False),
        ("cancelled", "cancelled", True),
        ("refunded", "cancelled", True),
    ],
)
def test_a_failed_message_is_awaited_until_its_order_ends_unless_it_is_about_the_end(
    template: str, status: str, awaited: bool
) -> None:
    assert exception_board.is_message_awaited(template, replace(AN_ORDER, status=OrderStatus(status))) is awaited
    assert exception_board.is_message_awaited(template, None)


def test_the_failed_messages_of_an_ended_order_leave_the_board(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans()
    order_id = place_order()
    monkeypatch.setattr(transports, "send_sms", refuse_to_send)
    deliver_messages(load_last_entry(order_id, "OrderPlaced"))
    assert [item["kind"] for item in list_board()] == ["failed_message"]

    call("POST", f"/api/orders/{order_id}/cancel", {"reason": "changed"}, token=token("owner-ratna"))

    assert list_board() == []


def test_only_the_owner_reads_the_board(sns_and_ses: Any) -> None:
    a_shop_with_vans()

    assert call("GET", "/api/exceptions", token=token("salesman-budi")).status == 403


def test_money_that_came_after_the_goods_were_sold_is_on_the_board_until_its_return_is_recorded(
    sns_and_ses: Any,
) -> None:
    a_shop_with_vans()
    order_id, payment_id = place_transfer_order_and_sell_its_goods()

    late = call("POST", f"/api/payments/{payment_id}/confirm", {}, token=token("finance-maya"))
    deliver_messages(load_last_entry(order_id, "OrderCancelled"))

    assert (late.status, late.json["status"]) == (200, "cancelled")
    [item] = [item for item in list_board() if item["kind"] == "refund_owed"]
    assert (item["order"], item["owed"]) == (order_id, late.json["total"])
    [notice] = list_inbox("finance-maya")
    assert (notice["kind"], notice["order"], notice["settled"]) == ("refund_owed", order_id, False)
    [(_, message)] = sms_sent()
    assert late.json["number"] in message and "habis" in message and "kembalikan ke rekening Anda" in message
    action = item["action"]
    returned = call(
        action["method"], "/api" + action["path"], action["body"], token=token("finance-maya"), key="k" * 20
    )
    assert (returned.status, returned.json["payment_status"]) == (200, "refunded"), returned.text
    assert [item for item in list_board() if item["kind"] == "refund_owed"] == []
    assert [notice["settled"] for notice in list_inbox("finance-maya")] == [True]
    again = call("POST", f"/api/orders/{order_id}/refunds", action["body"], token=token("finance-maya"), key="j" * 20)
    assert (again.status, again.json["code"]) == (409, "more_than_refund_owed")


def test_a_transfer_that_comes_after_the_order_ended_is_answered_with_what_happens_to_the_money(
    sns_and_ses: Any,
) -> None:
    a_shop_with_vans()
    order_id = place_order(payments=[{"method": "transfer"}])
    payment_id = read_order(order_id)["payments"][0]["id"]
    call("POST", f"/api/orders/{order_id}/cancel", {"reason": "changed my mind"}, token=token("owner-ratna"))

    late = call("POST", f"/api/payments/{payment_id}/confirm", {}, token=token("finance-maya"))
    deliver_messages(load_last_entry(order_id, "PaymentCaptured"))

    assert late.status == 200, late.text
    assert [item["kind"] for item in list_board()] == ["refund_owed"]
    assert [notice["kind"] for notice in list_inbox("finance-maya")] == ["refund_owed"]
    [(_, message)] = sms_sent()
    assert "setelah tidak ditagih lagi" in message and "kembalikan" in message


def place_transfer_order_and_sell_its_goods() -> tuple[str, str]:
    """Return the order and its payment. Its hold lapsed, and another customer bought everything."""
    order_id = place_order(payments=[{"method": "transfer"}])
    payment_id = read_order(order_id)["payments"][0]["id"]
    advance_clock(minutes=24 * 60 + 1)
    sold = call("POST", "/api/orders", an_order((TEAPOT, 5)), key="another-key-of-16-letters")
    assert sold.status == 201, sold.text
    return order_id, payment_id


def read_order(order_id: str) -> Any:
    return call("GET", f"/api/orders/{order_id}", token=token("owner-ratna")).json


def list_inbox(staff: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call("GET", "/api/inbox", token=token(staff)).json["items"]
    return items


def test_the_board_names_the_kinds_of_which_it_lists_only_the_first(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exception_board, "MAX_PER_KIND", 1)
    monkeypatch.setattr(exception_board, "READ_PER_KIND", 2)
    a_shop_with_vans()
    place_order()
    advance_clock(minutes=3)
    one = call("GET", "/api/exceptions", token=token("owner-ratna")).json
    second = call("POST", "/api/orders", an_order((TEAPOT, 1)), key="the-key-of-the-second-order")
    assert second.status == 201, second.text
    advance_clock(minutes=3)

    two = call("GET", "/api/exceptions", token=token("owner-ratna")).json

    assert ([item["kind"] for item in one["items"]], one["more"]) == (["without_work"], [])
    assert ([item["kind"] for item in two["items"]], two["more"]) == (["without_work"], ["without_work"])
