"""The roles and defaults of each channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.catalog.model import CHANNELS, Channel
from chalicelib.catalog.save import configure_channel
from chalicelib.kit import clock, journal
from chalicelib.kit.json_dates import INVALID_DAY, INVALID_INSTANT
from chalicelib.pricing.routes import PROMOTION_EXAMPLE
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

    assert (cup.status, cup.json["detail"]) == (409, "Not sold in channel web: CUP; remove these lines.")
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


@pytest.mark.parametrize("phone", ["0812529899O1", "12", "081252981234/081252981235"])
def test_an_order_with_a_phone_that_is_no_number_is_refused(aws: Any, phone: str) -> None:
    open_shop(TEAPOT=9)

    answer = place(an_order((TEAPOT, 1), customer={"name": "Sari", "phone": phone}))

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "phone")
    assert level(TEAPOT)["allocated"] == 0


def test_a_country_of_delivery_is_understood_by_its_name(aws: Any) -> None:
    open_shop(TEAPOT=9)
    ship = {"method": "ship", "address": {"street": "Jl. Kenanga 5", "country": "Indonesia"}}

    first = place(an_order((TEAPOT, 1), delivery=ship))
    ship["address"] = {"street": "Jl. Kenanga 5", "country": "Atlantis"}
    other = place(an_order((TEAPOT, 1), delivery=ship), key="another-key-of-16-chars")

    assert (first.status, first.json["delivery"]["address"]["country"]) == (201, "ID")
    assert (other.status, other.json["errors"][0]["field"]) == (422, "delivery.address.country")


@pytest.mark.parametrize(
    "placed_at",
    [
        *("2027-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"),
        *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_an_order_was_placed_between_1990_and_now(aws: Any, placed_at: str) -> None:
    clock.source = lambda: datetime(2026, 11, 22, 12, tzinfo=UTC)
    open_shop(TEAPOT=9)

    answer = place(an_order((TEAPOT, 1), placed_at=placed_at, ref="R-1"), "owner-ratna")

    assert (answer.status, answer.json["code"]) == (422, "placed_at_out_of_range")
    assert level(TEAPOT)["allocated"] == 0


@pytest.mark.parametrize(
    ("fields", "code"), [({"actor": "nope"}, "unknown_staff"), ({"location": "nope"}, "no_such_location")]
)
def test_an_order_names_staff_and_locations_that_exist(aws: Any, fields: dict[str, str], code: str) -> None:
    open_shop(TEAPOT=9)

    answer = place(an_order((TEAPOT, 1), **fields), "owner-ratna")

    assert (answer.status, answer.json["code"]) == (422, code)
    assert level(TEAPOT)["allocated"] == 0


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"tenders": ["cod", "gold"]}, "unknown_payment_method", "unknown"),
        ({"categories": ["Dapur", "Nope"]}, "unknown_category", "categories"),
    ],
)
def test_a_channel_has_tenders_and_categories_that_exist(aws: Any, fields: Any, code: str, named: str) -> None:
    open_shop()
    before = call("GET", "/api/channels", token=token("owner-ratna")).json

    answer = call("PUT", "/api/channels/web", fields, token=token("owner-ratna"))

    assert (answer.status, answer.json["code"], answer.json[named]) == (422, code, [next(iter(fields.values()))[1]])
    assert call("GET", "/api/channels", token=token("owner-ratna")).json == before


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"lines": "two"}, "lines", "must be a list"),
        ({"lines": []}, "lines", "must have at least 1 entries"),
        ({"lines": [{"sku": CUP, "quantity": "2"}]}, "lines.0.quantity", "must be a whole number"),
        ({"lines": [{"sku": CUP, "quantity": 0}]}, "lines.0.quantity", "must be at least 1"),
        ({"lines": [{"sku": CUP}]}, "lines.0.quantity", "is missing; send it"),
        ({"colour": "red"}, "colour", "is not a known field; leave it out"),
        ({"channel": "radio"}, "channel", f"is none of {', '.join(CHANNELS)}"),
        ({"delivery": {"method": "fly"}}, "delivery.method", "must be one of 'ship', 'pickup' or 'handover'"),
    ],
)
def test_a_wrong_field_is_explained_in_plain_words(aws: Any, fields: Any, field: str, text: str) -> None:
    answer = place(an_order((CUP, 1)) | fields)

    assert (answer.status, answer.json["errors"]) == (422, [{"field": field, "says": text}])


NOT_INSTANTS = [
    *(1_764_547_200, "1764547200", "2026-11-21", "2026-11-21T09:30:00", "2026-11-21 09:30:00Z"),
    *("2026-13-01T00:00:00Z", "2026-11-21T09:30:00+25:00", True),
]


@pytest.mark.parametrize("text", NOT_INSTANTS)
def test_the_time_of_an_order_has_date_time_and_zone(aws: Any, text: Any) -> None:
    open_shop(TEAPOT=9)

    answer = place(an_order((TEAPOT, 1), placed_at=text, ref="R-1"), "owner-ratna")

    assert (answer.status, answer.json["errors"]) == (422, [{"field": "placed_at", "says": INVALID_INSTANT}])
    assert level(TEAPOT)["allocated"] == 0


@pytest.mark.parametrize("text", NOT_INSTANTS)
def test_the_times_of_a_promotion_have_date_time_and_zone(aws: Any, text: Any) -> None:
    open_shop()

    answer = call("PUT", "/api/promotions", PROMOTION_EXAMPLE | {"starts_at": text}, token=token("owner-ratna"))

    assert (answer.status, answer.json["errors"]) == (422, [{"field": "starts_at", "says": INVALID_INSTANT}])


@pytest.mark.parametrize("text", [1_795_219_200, "1795219200", "2026-11-21T00:00:00Z", "2026-02-30", "20261121"])
def test_goods_are_expected_on_a_day_of_the_calendar(aws: Any, text: Any) -> None:
    open_shop()
    lines = [{"sku": TEAPOT, "quantity": 1}]
    body = {"location": "wh-surabaya", "on": text, "lines": lines, "reason": "PO 88"}

    answer = call("POST", "/api/stock/expected", body, token=token("owner-ratna"), key="a-key-of-16-chars")

    assert (answer.status, answer.json["errors"]) == (422, [{"field": "on", "says": INVALID_DAY}])


def test_a_channel_keeps_a_category_that_has_become_empty(aws: Any) -> None:
    open_shop()
    configure_channel(Channel("web", categories=("Musiman",)), "test")

    answer = call("PUT", "/api/channels/web", {"active": False, "categories": ["Musiman"]}, token=token("owner-ratna"))

    assert (answer.status, answer.json["active"]) == (200, False)


def test_a_placement_leads_to_a_product_that_exists(aws: Any) -> None:
    open_shop()
    placement = {"code": "ig-bio", "channel": "social", "medium": "post"}

    unknown = call("PUT", "/api/placements", placement | {"sku": "NOPE"}, token=token("owner-ratna"))
    known = call("PUT", "/api/placements", placement | {"sku": TEAPOT}, token=token("owner-ratna"))

    assert (unknown.status, unknown.json["code"], unknown.json["skus"]) == (422, "unknown_sku", ["NOPE"])
    assert known.json["leads_to"] == f"/p/{TEAPOT}/?via=ig-bio"


@pytest.mark.parametrize("field", ["variant_of", "complements", "alternatives"])
def test_a_product_refers_to_products_that_exist(aws: Any, field: str) -> None:
    open_shop()
    others = {"variant_of": "NOPE"}.get(field, [TEAPOT, "NOPE"])

    answer = call("PUT", "/api/catalog/products/LID", {"name": "Lid", field: others}, token=token("owner-ratna"))

    assert (answer.status, answer.json["code"], answer.json["skus"]) == (422, "unknown_sku", ["NOPE"])


@pytest.mark.parametrize(
    ("scope", "code"), [({"skus": [TEAPOT, "NOPE"]}, "unknown_sku"), ({"categories": ["Nope"]}, "unknown_category")]
)
def test_a_promotion_is_for_goods_that_exist(aws: Any, scope: dict[str, Any], code: str) -> None:
    open_shop()
    promotion = {"id": "lebaran", "name": "Lebaran", "kind": "percent", "rate": "0.1"}
    promotion |= {"starts_at": "2026-11-01T00:00:00Z", "terms": {"id": "Semua.", "en": "All."}}

    answer = call("PUT", "/api/promotions", promotion | scope, token=token("owner-ratna"))

    assert (answer.status, answer.json["code"]) == (422, code)
    assert call("GET", "/api/promotions", token=token("owner-ratna")).json["items"] == []


def test_goods_are_expected_within_five_years(aws: Any) -> None:
    open_shop()
    body = {"location": "wh-surabaya", "on": "9999-12-31", "lines": [{"sku": TEAPOT, "quantity": 3}], "reason": "new"}

    answer = call("POST", "/api/stock/expected", body, key=KEY, token=token("owner-ratna"))

    assert (answer.status, answer.json["code"]) == (422, "day_too_far")
