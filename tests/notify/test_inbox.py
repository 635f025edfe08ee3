from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.assign import assign_order
from chalicelib.fulfillment.cancel_fulfillments import cancel_fulfillments
from chalicelib.kit import clock
from chalicelib.kit.auth import short_token
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.recipients import build_claim_path
from tests.client import call
from tests.fulfillment.build import NOON
from tests.notify.build import (
    a_shop_with_vans,
    accept_as_warehouse,
    deliver_all_events,
    load_last_entry,
    place_and_offer_order,
)
from tests.shop import TEAPOT, add_stock, an_order, token


def inbox(staff_id: str, **query: Any) -> dict[str, Any]:
    answer = call("GET", "/api/inbox", token=token(staff_id), query=query)
    assert answer.status == 200, answer.body
    page: dict[str, Any] = answer.json
    return page


def test_a_salesmans_inbox_shows_an_offer_with_goods_distance_deadline_and_claim_link(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()
    opened = load_last_entry(order_id, "OfferOpened")
    deliver_messages(opened)

    [item] = inbox("salesman-budi")["items"]

    assert item["kind"] == "offer" and item["state"] == "open" and item["to"] == "staff"
    assert item["order"] == order_id and item["offer"] == opened.event.offer_id
    assert item["goods"] == [{"sku": TEAPOT, "quantity": 1}]
    assert item["distance_meters"] == 0 and item["until"] == opened.event.expires_at
    assert item["claim"] == "/o/" + short_token("claim", opened.event.offer_id, "salesman-budi")
    assert item["acknowledged_at"] is None


def test_a_claimed_offer_is_shown_as_claimed_and_without_a_claim_link(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)

    call("POST", f"/api/offers/{opened.event.offer_id}/claim", {}, token=token("salesman-dewi"))

    [item] = inbox("salesman-budi")["items"]
    assert item["state"] == "claimed" and "claim" not in item


def test_an_offer_whose_order_was_delivered_is_shown_as_delivered(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)
    budi = token("salesman-budi")
    claimed = call("POST", f"/api/offers/{opened.event.offer_id}/claim", {}, token=budi)

    for step in ("dispatch", "deliver"):
        answer = call("POST", f"/api/fulfillments/{claimed.json['fulfillment']['id']}/{step}", token=budi)
        assert answer.status == 200, answer.body

    [item] = inbox("salesman-budi")["items"]
    assert (item["state"], item["settled"]) == ("delivered", True) and "claim" not in item


def test_notices_to_others_can_be_neither_seen_nor_acknowledged(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)

    assert inbox("salesman-dewi")["items"] == []
    assert call("POST", f"/api/inbox/{opened.event_id}/ack", token=token("salesman-dewi")).status == 404
    assert inbox("salesman-budi")["items"][0]["acknowledged_at"] is None


def test_one_member_acknowledges_for_the_team_and_acknowledging_twice_is_a_no_op(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    opened = load_last_entry(place_and_offer_order(), "OfferOpened")
    deliver_messages(opened)

    first = call("POST", f"/api/inbox/{opened.event_id}/ack", token=token("warehouse-joko")).json
    again = call("POST", f"/api/inbox/{opened.event_id}/ack", token=token("warehouse-joko")).json

    assert first == again
    assert first["acknowledged_by"] == "warehouse-joko"
    assert first["fulfillment"] == opened.event.assigned[0].fulfillment_id


def test_pages_neither_skip_nor_repeat(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    add_stock(TEAPOT, "wh-surabaya", 5)
    for number in range(5):
        body = an_order((TEAPOT, 1))
        order_id = call("POST", "/api/orders", body, key=f"page-page-page-page-{number}").json["id"]
        assign_order(load_last_entry(order_id, "OrderPlaced"))
        deliver_all_events(order_id)

    notice_ids, cursor = [], ""
    while cursor is not None:
        page = inbox("warehouse-joko", limit=2, **({"cursor": cursor} if cursor else {}))
        notice_ids += [item["id"] for item in page["items"]]
        cursor = page["next"]

    assert len(notice_ids) == 5
    assert notice_ids == sorted(set(notice_ids), reverse=True)


def test_an_event_from_a_clock_that_is_ahead_is_sorted_by_the_time_of_its_notice(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    opened = []
    for number, ahead in enumerate((5, 0, 0)):
        clock.source = lambda number=number, ahead=ahead: NOON + clock.minutes(number + ahead)
        order_id = call("POST", "/api/orders", an_order((TEAPOT, 1)), key=f"ahead-ahead-ahead-{number}").json["id"]
        assign_order(load_last_entry(order_id, "OrderPlaced"))
        clock.source = lambda number=number: NOON + clock.minutes(number)
        opened.append(load_last_entry(order_id, "OfferOpened"))
        deliver_messages(opened[-1])

    page = inbox("warehouse-joko")["items"]

    assert max(opened, key=lambda entry: entry.event_id) == opened[0]
    assert [item["id"] for item in page] == [entry.event_id for entry in reversed(opened)]
    first = inbox("warehouse-joko", limit=2)
    rest = inbox("warehouse-joko", limit=2, cursor=first["next"])
    assert {item["id"] for item in first["items"] + rest["items"]} == {entry.event_id for entry in opened}


def cancel_offered_order(*vans: str, claimed_by: str = "") -> str:
    """Offer an order, cancel it as its customer does, deliver all events, and return the offer's id."""
    a_shop_with_vans(*vans)
    order_id = place_and_offer_order()
    offer = str(load_last_entry(order_id, "OfferOpened").event.offer_id)
    deliver_all_events(order_id)
    if claimed_by:
        assert call("POST", f"/api/offers/{offer}/claim", {}, token=token(claimed_by)).status == 200
    cancelled = call("POST", f"/api/orders/{order_id}/cancel", {"reason": "bought twice"}, token=token("owner-ratna"))
    assert cancelled.status == 200, cancelled.body
    cancel_fulfillments(order_id)
    deliver_all_events(order_id)
    return offer


def test_the_warehouse_reads_that_the_order_was_cancelled(sns_and_ses: Any) -> None:
    cancel_offered_order()

    items = inbox("warehouse-joko")["items"]

    assert [(item["kind"], item["settled"]) for item in items] == [("cancelled_work", False), ("yours_now", True)]


def test_an_invited_salesman_reads_that_the_order_was_cancelled(sns_and_ses: Any) -> None:
    cancel_offered_order("van-budi")

    [item] = inbox("salesman-budi")["items"]

    assert (item["state"], item["settled"]) == ("order_cancelled", True)


def test_the_salesman_who_claimed_a_cancelled_order_reads_so_in_every_place(sns_and_ses: Any) -> None:
    offer = cancel_offered_order("van-budi", claimed_by="salesman-budi")

    notice = inbox("salesman-budi")["items"][0]
    page = call("GET", build_claim_path(offer, "salesman-budi") + "?lang=en")

    assert (notice["kind"], notice["location"]) == ("cancelled_work", "van-budi")
    assert call("GET", f"/api/offers/{offer}", token=token("salesman-budi")).json["status"] == "order_cancelled"
    assert "This order was cancelled." in page.text and "Done. Thank you!" not in page.text


def test_an_offer_that_the_warehouse_took_says_so(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = place_and_offer_order()
    deliver_all_events(order_id)

    accept_as_warehouse(order_id)

    [offer], [work] = inbox("salesman-budi")["items"], inbox("warehouse-joko")["items"]
    assert (offer["state"], offer["settled"]) == ("warehouse_accepted", True)
    assert (work["kind"], work["state"], work["settled"]) == ("assigned", "accepted", True)


def test_a_notice_that_waits_for_someone_is_not_settled(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    deliver_all_events(place_and_offer_order())

    [work] = inbox("warehouse-joko")["items"]

    assert (work["kind"], work["settled"]) == ("yours_now", False)
