"""The roles and defaults of each channel."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import journal
from tests.client import call
from tests.shop import CUP, TEAPOT, add_stock, an_order, level, open_shop, token

KEY = "a-key-of-16-chars"


def place(body: Any, by: str = "", key: str = KEY) -> Any:
    return call("POST", "/api/orders", body, key=key, token=token(by) if by else "")


@pytest.mark.parametrize(
    ("channel", "allowed", "other"),
    [
        ("pos", "cashier-sinta", "agent-lia"),
        ("sfa", "salesman-budi", "cashier-sinta"),
        ("phone", "agent-lia", "salesman-budi"),
        ("social", "agent-lia", "warehouse-joko"),
        ("whatsapp", "agent-lia", "cashier-sinta"),
    ],
)
def test_a_channel_accepts_orders_of_its_role_and_the_owner(aws: Any, channel: str, allowed: str, other: str) -> None:
    open_shop(TEAPOT=9)
    body = an_order((TEAPOT, 1), channel=channel)

    callers = (allowed, "owner-ratna", other, "")
    statuses = [place(body, by, f"a-key-of-{by or 'a-guest'}-0001").status for by in callers]

    assert statuses == [201, 201, 403, 401]
    assert level(TEAPOT)["allocated"] == 2


def test_a_whatsapp_order_must_equal_its_signed_cart(aws: Any) -> None:
    open_shop(TEAPOT=9)
    lines = [{"sku": TEAPOT, "quantity": 2}]
    cart = call("POST", "/api/carts", {"lines": lines}).json["cart"]

    changed = place(an_order((TEAPOT, 3), channel="whatsapp", cart=cart))
    same = place(an_order((TEAPOT, 2), channel="whatsapp", cart=cart), key="another-key-of-16-chars")

    assert (changed.status, same.status) == (422, 201)
    assert same.json["token"]
    assert level(TEAPOT)["allocated"] == 2


def test_a_cart_with_a_wrong_signature_is_refused(aws: Any) -> None:
    open_shop(TEAPOT=9)
    cart = call("POST", "/api/carts", {"lines": [{"sku": TEAPOT, "quantity": 2}]}).json["cart"]

    answer = place(an_order((TEAPOT, 2), channel="whatsapp", cart=cart[:-1] + "x"))

    assert answer.status == 422
    assert level(TEAPOT)["allocated"] == 0


def test_a_marketplace_order_needs_a_ref_and_is_placed_once(aws: Any) -> None:
    open_shop(TEAPOT=9)
    body = an_order((TEAPOT, 1), channel="marketplace", payments=[])

    without_ref = place(body, "channel-tokoku")
    first = place(body | {"ref": "TK-1"}, "channel-tokoku")
    second = place(body | {"ref": "TK-1"}, "channel-tokoku", key="another-key-of-16-chars")

    assert (without_ref.status, first.status, second.status) == (422, 201, 200)
    assert first.body == second.body
    assert level(TEAPOT)["reserved"] == 1


def test_a_salesman_hands_over_only_from_their_own_van(aws: Any) -> None:
    open_shop()
    add_stock(CUP, "van-budi", 5)
    budi = token("salesman-budi")
    call("POST", "/api/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, key="open-a-shift-key-1", token=budi)
    sale = an_order((CUP, 2), channel="sfa", payments=[{"method": "cash"}])

    other = place(sale | {"delivery": {"method": "handover", "location": "van-dewi"}}, "salesman-budi")
    own = place(sale | {"delivery": {"method": "handover"}}, "salesman-budi", key="another-key-of-16-chars")

    assert (other.status, own.status) == (422, 201)
    assert level(CUP, "van-budi")["on_hand"] == 3


def test_an_inactive_channel_refuses_orders_and_others_do_not(aws: Any) -> None:
    open_shop(TEAPOT=9)
    call("PUT", "/api/channels/web", {"active": False}, token=token("owner-ratna"))

    web = place(an_order((TEAPOT, 1)))
    phone = place(an_order((TEAPOT, 1), channel="phone"), "agent-lia", key="another-key-of-16-chars")

    assert (web.status, web.json["code"], phone.status) == (409, "channel_off", 201)


def test_a_channel_can_be_limited_to_categories_and_payment_methods(aws: Any) -> None:
    open_shop(TEAPOT=9, CUP=9)
    owner = token("owner-ratna")
    for sku, category in ((TEAPOT, "Teko"), (CUP, "Cangkir")):
        call("PUT", f"/api/catalog/products/{sku}", {"name": sku.title(), "category": category}, token=owner)
    call("PUT", "/api/channels/web", {"categories": ["Teko"], "tenders": ["transfer"]}, token=owner)
    paid = {"payments": [{"method": "transfer"}]}

    cup = place(an_order((CUP, 1), **paid), key="a-cup-on-the-web-1")
    cod = place(an_order((TEAPOT, 1)), key="cash-on-delivery-1")
    allowed = place(an_order((TEAPOT, 1), **paid), key="a-teapot-by-bank-1")
    phone = place(an_order((CUP, 1), channel="phone"), "agent-lia", key="a-cup-by-phone-001")
    shown = call("GET", "/api/catalog/products").json["items"]

    assert (cup.status, cup.json["detail"]) == (409, "Not sold in channel web: CUP; leave them out.")
    assert (cod.status, cod.json["code"], cod.json["methods"]) == (409, "method_unavailable", ["transfer"])
    assert (allowed.status, phone.status) == (201, 201)
    assert [product["sku"] for product in shown] == [TEAPOT]


def test_safety_stock_is_not_sold_on_the_web_but_at_the_counter(aws: Any) -> None:
    open_shop()
    stock_csv = b"sku,location,on_hand,safety_stock,display\nTEAPOT,store-tunjungan,5,2,0\n"
    call("POST", "/api/imports?file=stock", stock_csv, token=token("owner-ratna"))
    sinta = token("cashier-sinta")
    call("POST", "/api/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, key="open-a-shift-key-1", token=sinta)
    by_hand = {"channel": "pos", "delivery": {"method": "handover"}, "payments": [{"method": "cash"}]}

    shown = call("GET", "/api/stock", query={"sku": TEAPOT}).json["items"][0]["available"]
    web = place(an_order((TEAPOT, 4)), key="four-on-the-web-01")
    counter = place(an_order((TEAPOT, 5), **by_hand), "cashier-sinta", key="five-at-the-till-1")

    assert shown == 3
    assert (web.status, web.json["short"]) == (409, [{"sku": TEAPOT, "wanted": 4, "available": 3}])
    assert counter.status == 201
    assert level(TEAPOT, "store-tunjungan")["on_hand"] == 0


def test_a_placement_link_opens_its_page_and_is_stored_on_the_order(aws: Any) -> None:
    open_shop(TEAPOT=9)
    placement = {"code": "ig-bio", "channel": "social", "medium": "post", "sku": TEAPOT}
    call("PUT", "/api/placements", placement, token=token("owner-ratna"))

    redirect = call("GET", "/l/ig-bio")
    order = place(an_order((TEAPOT, 1), placement="ig-bio")).json

    assert (redirect.status, dict(redirect.headers)["Location"]) == (302, f"/p/{TEAPOT}/?via=ig-bio")
    assert order["placement"] == "ig-bio"


def test_a_quote_has_prices_and_shortages_and_reserves_nothing(aws: Any) -> None:
    open_shop(TEAPOT=1)
    add_stock(CUP, "store-tunjungan", 5)

    body = call("POST", "/api/quotes", {"channel": "web", "lines": an_order((TEAPOT, 2), (CUP, 1))["lines"]}).json

    assert body["total"] == {"amount": 262_500, "currency": "IDR"}
    assert body["short"] == [{"sku": TEAPOT, "wanted": 2, "available": 1}]
    assert "cash" not in body["payments"]
    assert level(TEAPOT)["available"] == 1


def test_saving_an_unchanged_placement_writes_nothing(aws: Any) -> None:
    placement = {"code": "ig-bio", "channel": "social", "medium": "post", "sku": TEAPOT}
    open_shop()

    first, again = (call("PUT", "/api/placements", placement, token=token("owner-ratna")) for _ in range(2))

    assert again.body == first.body
    assert [entry.sk for entry in journal.history("placement#ig-bio")] == [1]
