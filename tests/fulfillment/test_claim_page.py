"""The page of a claim link: it claims only by its button, and shows the customer only to the winner."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    RATNA,
    claim_as,
    claim_link_path,
    deliver_events,
    freeze_at_noon,
    latest_offer,
    list_statuses,
    load_fulfillment,
    park_vans,
    place_order,
    post_step,
)
from tests.shop import HERE, TEAPOT, add_stock, advance_clock, level, open_shop, token

SECRETS = ("Sari", "81252981234", "Jl. Kenanga", "maps.google")


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    freeze_at_noon()
    open_shop(TEAPOT=5)
    add_stock(TEAPOT, "van-budi", 3)
    add_stock(TEAPOT, "van-dewi", 3)
    park_vans(BUDI, DEWI)


def test_the_page_shows_goods_distance_cash_and_deadline_but_no_customer() -> None:
    order = place_order((TEAPOT, 2))

    page = call("GET", claim_link_path(order, BUDI))

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for text in ("2 ×", "Teapot", "50 m", "Rp250.000", "12.10 WIB", "Ambil pesanan ini", 'lang="id"'):
        assert text in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


@pytest.mark.parametrize("lang, text", [("id", "saat bagian terakhir tiba"), ("en", "with the last part")])
def test_the_page_of_a_part_shows_that_cash_is_due_with_the_last_part(lang: str, text: str) -> None:
    add_stock(TEAPOT, "wh-sidoarjo", 3)
    whole, part = place_order((TEAPOT, 2)), place_order((TEAPOT, 6))
    first, second = load_fulfillment(part).fulfillments
    assert post_step(part, "accept", RATNA, fulfillment=first).status == 200
    assert post_step(part, "reject", RATNA, {"reason": "damaged"}, fulfillment=second).status == 200
    deliver_events(part)

    pages = [call("GET", claim_link_path(order, BUDI), query={"lang": lang}) for order in (whole, part)]
    assert [text in page.text for page in pages] == [False, True]
    assert claim_as(part, BUDI).status == 200
    assert text in call("GET", claim_link_path(part, BUDI), query={"lang": lang}).text


def test_opening_the_page_never_claims() -> None:
    order = place_order((TEAPOT, 2))

    for _ in range(3):
        call("GET", claim_link_path(order, BUDI))

    assert latest_offer(order).status == "open"
    assert list_statuses(order) == [("wh-surabaya", "assigned")]


def test_the_button_claims_and_then_shows_the_address() -> None:
    order = place_order((TEAPOT, 2), note="Pagar hijau")

    form = {"content-type": "application/x-www-form-urlencoded"}
    response = call("POST", claim_link_path(order, BUDI) + "/claim", b"", headers=form)
    page = call("GET", claim_link_path(order, BUDI))

    token = claim_link_path(order, BUDI).removeprefix("/o/")
    assert (response.status, response.headers["Location"]) == (303, f"../{token}")
    assert latest_offer(order).claimed_by == BUDI
    assert level(TEAPOT, "van-budi")["allocated"] == 2
    next_step = 'href="/desk/?lang=id#/work"'
    for text in ("Sari", "Jl. Kenanga 5", "Pagar hijau", "tel:+6281252981234", f"q={HERE.lat},{HERE.lon}", next_step):
        assert text in page.text


def test_a_claim_link_works_for_one_claim_by_one_salesman() -> None:
    order = place_order((TEAPOT, 2))
    call("POST", claim_link_path(order, BUDI) + "/claim")

    late = call("POST", claim_link_path(order, DEWI) + "/claim")
    page = call("GET", claim_link_path(order, DEWI))

    assert (late.status, page.status) == (409, 200)
    for text in (late.text, page.text):
        assert "Sudah diambil rekan Anda" in text
        assert not [secret for secret in SECRETS if secret in text]
    assert level(TEAPOT, "van-dewi")["allocated"] == 0


def test_the_link_of_a_deactivated_salesman_shows_no_customer_any_more() -> None:
    order = place_order((TEAPOT, 2))
    path = claim_link_path(order, BUDI)
    assert call("POST", f"{path}/claim").status == 303
    assert "Jl. Kenanga" in call("GET", path).text

    body = {"name": "Budi", "role": "salesman", "location": "van-budi", "active": False}
    assert call("PUT", f"/api/staff/{BUDI}", body, token=token(RATNA)).status == 200

    for answer in (call("GET", path), call("POST", f"{path}/claim")):
        assert answer.status == 404
        assert not [secret for secret in SECRETS if secret in answer.text]


def test_an_expired_offer_is_shown_as_expired() -> None:
    order = place_order((TEAPOT, 2))
    advance_clock(10)

    page = call("GET", claim_link_path(order, BUDI))
    claimed = call("POST", claim_link_path(order, BUDI) + "/claim")

    assert "Waktu tawaran ini sudah habis" in page.text
    assert "<form" not in page.text
    assert claimed.status == 409


def test_the_address_is_hidden_after_delivery() -> None:
    order = place_order((TEAPOT, 2))
    call("POST", claim_link_path(order, BUDI) + "/claim")
    for verb in ("dispatch", "deliver"):
        assert post_step(order, verb, BUDI).status == 200

    page = call("GET", claim_link_path(order, BUDI))

    assert "Selesai" in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


def test_prepayment_is_shown_before_and_after_claiming() -> None:
    order = place_order((TEAPOT, 2), payments=[{"method": "transfer"}])

    before = call("GET", claim_link_path(order, BUDI))
    call("POST", claim_link_path(order, BUDI) + "/claim")

    assert "membayar dulu lewat transfer" in before.text
    assert "membayar dulu lewat transfer" in call("GET", claim_link_path(order, BUDI)).text


def test_lang_en_renders_the_page_in_english() -> None:
    order = place_order((TEAPOT, 2))

    page = call("GET", claim_link_path(order, BUDI) + "?lang=en")
    claimed = call("POST", claim_link_path(order, BUDI) + "/claim?lang=en")

    assert "Claim this order" in page.text
    assert "/claim?lang=en" in page.text
    assert claimed.headers["Location"].endswith("?lang=en")


@pytest.mark.parametrize("token", ["x", "A" * 22, "ful_1-1"])
def test_an_unknown_link_is_not_found(token: str) -> None:
    assert call("GET", f"/o/{token}").status == 404
    assert call("POST", f"/o/{token}/claim").status == 404


def test_customer_text_is_escaped() -> None:
    markup = "<script>alert(1)</script>'\""
    order = place_order((TEAPOT, 2), note=markup)
    call("POST", claim_link_path(order, BUDI) + "/claim")

    page = call("GET", claim_link_path(order, BUDI))

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#34;" in page.text


def test_the_page_is_small_and_has_no_script() -> None:
    order = place_order((TEAPOT, 2))

    page = call("GET", claim_link_path(order, BUDI))

    assert len(page.body) < 4_500
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
