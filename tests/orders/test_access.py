"""Which orders staff reach through the endpoints, and which fields of them."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import auth
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from tests.client import call
from tests.shop import CUP, TEAPOT, a_credit_customer, add_stock, an_order, open_shop, token

TUNJUNGAN = {"method": "pickup", "location": "store-tunjungan"}
RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya"


def place(by: str = "", key: str = "a-key-of-16-chars", **fields: Any) -> str:
    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), **fields), key=key, token=token(by) if by else "")
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def read(order: str, by: str, part: str = "") -> int:
    return call("GET", f"/api/orders/{order}{part}", token=token(by)).status


def listed(by: str, **query: Any) -> list[str]:
    answer = call("GET", "/api/orders", query=query, token=token(by))
    assert answer.json["next"] is None
    return [order["id"] for order in answer.json["items"]]


def test_a_salesman_reaches_the_orders_they_made_and_no_others(aws: Any) -> None:
    open_shop(TEAPOT=9)
    web = place()
    budis = place(BUDI, key="another-key-of-16-chars", channel="sfa")

    assert [read(budis, by) for by in (BUDI, DEWI, SINTA, LIA, MAYA)] == [200, 404, 404, 404, 200]
    assert [read(web, by) for by in (BUDI, DEWI, SINTA, LIA, MAYA)] == [404, 404, 404, 200, 200]
    assert listed(BUDI) == [budis]
    assert listed(LIA) == [web]
    assert listed(DEWI) == listed(SINTA) == listed(DEWI, phone="081252981234") == []
    assert sorted(listed(RATNA)) == sorted([web, budis])


def test_a_page_of_a_cashier_is_full_and_the_last_has_no_next(aws: Any) -> None:
    open_shop(TEAPOT=9)
    add_stock(TEAPOT, "store-tunjungan", 9)
    own = []
    for number in range(3):
        place(key=f"web-key-of-16-chars-{number}")
        own.append(place(key=f"pickup-key-of-16-chars-{number}", delivery=TUNJUNGAN))

    first = call("GET", "/api/orders", query={"limit": 2}, token=token(SINTA)).json
    second = call("GET", "/api/orders", query={"limit": 2, "cursor": first["next"]}, token=token(SINTA)).json

    assert sorted(order["id"] for order in first["items"] + second["items"]) == sorted(own)
    assert (len(first["items"]), second["next"]) == (2, None)


def test_a_cashier_elsewhere_does_not_end_a_customers_link(aws: Any) -> None:
    open_shop(TEAPOT=9)
    add_stock(TEAPOT, "store-tunjungan", 9)
    save_staff(Staff("cashier-wati", "Wati", "cashier", location="wh-sidoarjo"), "test")
    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), delivery=TUNJUNGAN), key="a-key-of-16-chars").json
    renew = f"/api/orders/{answer['id']}/link"

    refused = call("POST", renew, key="a-link-key-16-chars", token=auth.staff_token("cashier-wati", "cashier"))
    link = call("GET", f"/api/orders/{answer['id']}", query={"token": answer["token"]})
    renewed = call("POST", renew, key="a-link-key-16-chars", token=token(SINTA))

    assert (refused.status, link.status, renewed.status) == (404, 200, 200)


@pytest.mark.parametrize(("staff", "status"), [(JOKO, 200), (AGUS, 200), (SINTA, 404)])
def test_warehouse_and_courier_reach_the_orders_of_their_place(aws: Any, staff: str, status: int) -> None:
    open_shop(TEAPOT=9)

    assert read(place(), staff) == status


def test_history_shows_cost_prices_and_debts_to_those_who_may_see_them(aws: Any) -> None:
    open_shop(TEAPOT=9)
    credit = {"customer": {"id": a_credit_customer(5_000_000)}, "payments": [{"method": "credit"}]}
    order = place(LIA, channel="phone", **credit)

    texts = {by: call("GET", f"/api/orders/{order}/history", token=token(by)).text for by in (RATNA, MAYA, LIA, JOKO)}

    assert {by for by, text in texts.items() if "cost_minor" in text} == {RATNA, MAYA}
    assert {by for by, text in texts.items() if "receivable:" in text or "credit_minor" in text} == {RATNA, MAYA, LIA}


def test_a_proof_of_transfer_is_shown_to_those_who_reach_its_order(aws: Any) -> None:
    open_shop(TEAPOT=9)
    order = place(payments=[{"method": "transfer"}])
    payment = call("GET", f"/api/orders/{order}", token=token(RATNA)).json["payments"][0]["id"]
    call("POST", f"/api/payments/{payment}/proof", {"reference": "TRF 1"}, token=token(RATNA))

    statuses = [call("GET", f"/api/payments/{payment}/proof", token=token(by)).status for by in (MAYA, LIA, SINTA)]

    assert statuses == [200, 200, 404]


def test_a_salesman_reaches_their_own_drafts(aws: Any) -> None:
    open_shop(CUP=9)
    draft = call("POST", "/api/drafts", an_order((CUP, 1), channel="sfa"), key="a-key-of-16-chars", token=token(BUDI))

    assert [read(draft.json["id"], by) for by in (BUDI, RATNA, DEWI, LIA)] == [200, 200, 404, 404]
