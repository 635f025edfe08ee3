"""What a channel key, a courier, a cashier and a salesman cannot order: in another name, on credit, from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import call
from tests.shop import CUP, TEAPOT, a_credit_customer, add_stock, an_order, level, open_shop, token

CREDIT = [{"method": "credit"}]
CASH = [{"method": "cash"}]
TOKOKU, SINTA, BUDI, AGUS = "channel-tokoku", "cashier-sinta", "salesman-budi", "courier-agus"


def place(body: Any, by: str, key: str = "a-key-of-16-chars") -> Any:
    return call("POST", "/api/orders", body, key=key, token=token(by))


def marketplace_order(**fields: Any) -> dict[str, Any]:
    line = {"sku": TEAPOT, "quantity": 1, "agreed": {"unit_price": {"amount": 125_000, "currency": "IDR"}}}
    return an_order(channel="marketplace", ref="TK-1", lines=[line], payments=[]) | fields


@pytest.mark.parametrize("path", ["/api/orders", "/api/quotes"])
def test_a_channel_key_does_not_order_for_a_known_customer(aws: Any, path: str) -> None:
    open_shop(TEAPOT=9)
    body = marketplace_order(customer={"id": a_credit_customer(5_000_000)}, delivery={"method": "ship"})
    body = body if path == "/api/orders" else {name: body[name] for name in ("channel", "customer", "lines")}

    answer = call("POST", path, body, key="a-key-of-16-chars", token=token(TOKOKU))

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "customer.id")
    assert "Makmur" not in answer.text
    assert level(TEAPOT)["allocated"] == 0


def test_a_channel_key_does_not_use_credit_by_a_customers_phone_number(aws: Any) -> None:
    open_shop(TEAPOT=9)
    a_credit_customer(5_000_000, phone="+6281252981234")

    answer = place(marketplace_order(payments=CREDIT), TOKOKU)

    assert (answer.status, answer.json["code"]) == (409, "method_unavailable")
    assert level(TEAPOT)["allocated"] == 0


def test_a_channel_key_does_not_act_as_staff(aws: Any) -> None:
    open_shop(TEAPOT=9)

    answer = place(marketplace_order(actor=BUDI), TOKOKU)

    assert answer.json["code"] == "may_not_agree_prices"
    assert level(TEAPOT)["allocated"] == 0


@pytest.mark.parametrize("staff", [AGUS, SINTA, BUDI, "warehouse-joko", "finance-maya", TOKOKU])
def test_a_whatsapp_cart_is_for_shoppers_and_agents(aws: Any, staff: str) -> None:
    open_shop(TEAPOT=9)
    cart = call("POST", "/api/carts", {"lines": [{"sku": TEAPOT, "quantity": 1}]}).json["cart"]
    customer = {"id": a_credit_customer(5_000_000)}
    body = an_order((TEAPOT, 1), channel="whatsapp", cart=cart, customer=customer, payments=CREDIT)

    assert place(body, staff).status == 403
    assert level(TEAPOT)["allocated"] == 0


@pytest.mark.parametrize("elsewhere", ["wh-surabaya", "van-budi"])
@pytest.mark.parametrize("field", ["location", "delivery"])
def test_a_cashier_sells_from_their_own_store_only(aws: Any, elsewhere: str, field: str) -> None:
    open_shop()
    for place_of_stock in (elsewhere, "store-tunjungan"):
        add_stock(CUP, place_of_stock, 5)
    opening = {"opening": {"amount": 0, "currency": "IDR"}}
    assert call("POST", "/api/shifts", opening, key="a-shift-key-16-chars", token=token(SINTA)).status == 201
    body = an_order((CUP, 1), channel="pos", delivery={"method": "handover"}, payments=CASH)
    named = {"location": elsewhere} if field == "location" else {"delivery": {"method": "handover", **at(elsewhere)}}

    refused = place(body | named, SINTA)
    sold = place(body, SINTA, key="another-key-of-16-chars")

    assert refused.status == (404 if field == "location" else 422)
    assert (sold.status, sold.json["location"]) == (201, "store-tunjungan")
    assert (level(CUP, elsewhere)["on_hand"], level(CUP, "store-tunjungan")["on_hand"]) == (5, 4)


def at(location: str) -> dict[str, str]:
    return {"location": location}


def test_a_salesman_sells_from_their_own_van_only(aws: Any) -> None:
    open_shop(TEAPOT=5)

    answer = place(an_order((TEAPOT, 1), channel="sfa", location="van-dewi"), BUDI)

    assert answer.status == 404
    assert level(TEAPOT)["allocated"] == 0


@pytest.mark.parametrize(("channel", "staff"), [("pos", AGUS), ("sfa", SINTA), ("phone", BUDI), ("marketplace", AGUS)])
def test_a_quote_in_a_channel_needs_its_role(aws: Any, channel: str, staff: str) -> None:
    open_shop()
    body = {"channel": channel, "lines": [{"sku": CUP, "quantity": 1}]}

    assert call("POST", "/api/quotes", body, token=token(staff)).status == 403
