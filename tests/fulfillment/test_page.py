"""The claim link: works on any phone, never claims by being opened, and keeps the customer to the winner."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import call
from tests.fulfillment.build import (
    BUDI,
    DEWI,
    RATNA,
    claims,
    it_is_noon,
    link,
    listen,
    parked,
    placed,
    step,
    the_case,
    the_offer,
    works,
)
from tests.shop import HERE, TEAPOT, later, level, open_shop, put

SECRETS = ("Sari", "81252981234", "Jl. Kenanga", "maps.google")


@pytest.fixture(autouse=True)
def a_shop_at_noon(aws: Any) -> None:
    it_is_noon()
    open_shop(TEAPOT=5)
    put(TEAPOT, "van-budi", 3)
    put(TEAPOT, "van-dewi", 3)
    parked(BUDI, DEWI)


def test_the_page_tells_goods_distance_cash_and_deadline_and_nothing_of_the_customer() -> None:
    order = placed((TEAPOT, 2))

    page = call("GET", link(order, BUDI))

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for said in ("2 ×", "Teapot", "50 m", "Rp250.000", "12.10 WIB", "Ambil pesanan ini", 'lang="id"'):
        assert said in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


@pytest.mark.parametrize("lang, says", [("id", "saat bagian terakhir tiba"), ("en", "with the last part")])
def test_a_part_of_an_order_says_that_its_cash_comes_with_the_last_part(lang: str, says: str) -> None:
    put(TEAPOT, "wh-sidoarjo", 3)
    whole, part = placed((TEAPOT, 2)), placed((TEAPOT, 6))
    begun, left = the_case(part).works
    assert step(part, "accept", RATNA, work=begun).status == 200
    assert step(part, "reject", RATNA, {"reason": "damaged"}, work=left).status == 200
    listen(part)

    pages = [call("GET", link(order, BUDI), query={"lang": lang}) for order in (whole, part)]
    assert [says in page.text for page in pages] == [False, True]
    assert claims(part, BUDI).status == 200
    assert says in call("GET", link(part, BUDI), query={"lang": lang}).text


def test_opening_it_never_claims() -> None:
    order = placed((TEAPOT, 2))

    for _ in range(3):
        call("GET", link(order, BUDI))

    assert the_offer(order).status == "open"
    assert works(order) == [("wh-surabaya", "assigned")]


def test_the_button_claims_and_shows_where_to() -> None:
    order = placed((TEAPOT, 2), note="Pagar hijau")

    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = call("POST", link(order, BUDI) + "/claim", b"", headers=form)
    page = call("GET", link(order, BUDI))

    token = link(order, BUDI).removeprefix("/o/")
    assert (answer.status, answer.headers["Location"]) == (303, f"../{token}")
    assert the_offer(order).claimed_by == BUDI
    assert level(TEAPOT, "van-budi")["allocated"] == 2
    next_step = 'href="/desk/#/work"'
    for said in ("Sari", "Jl. Kenanga 5", "Pagar hijau", "tel:+6281252981234", f"q={HERE.lat},{HERE.lon}", next_step):
        assert said in page.text


def test_a_link_is_good_for_one_claim_by_one_man() -> None:
    order = placed((TEAPOT, 2))
    call("POST", link(order, BUDI) + "/claim")

    late = call("POST", link(order, DEWI) + "/claim")
    page = call("GET", link(order, DEWI))

    assert (late.status, page.status) == (409, 200)
    for said in (late.text, page.text):
        assert "Sudah diambil rekan Anda" in said
        assert not [secret for secret in SECRETS if secret in said]
    assert level(TEAPOT, "van-dewi")["allocated"] == 0


def test_an_ended_offer_says_so() -> None:
    order = placed((TEAPOT, 2))
    later(10)

    page = call("GET", link(order, BUDI))
    claimed = call("POST", link(order, BUDI) + "/claim")

    assert "Waktu tawaran ini sudah habis" in page.text
    assert "<form" not in page.text
    assert claimed.status == 409


def test_once_delivered_the_address_is_nobodys_any_more() -> None:
    order = placed((TEAPOT, 2))
    call("POST", link(order, BUDI) + "/claim")
    for verb in ("dispatch", "deliver"):
        assert step(order, verb, BUDI).status == 200

    page = call("GET", link(order, BUDI))

    assert "Selesai" in page.text
    assert not [secret for secret in SECRETS if secret in page.text]


def test_a_buyer_who_pays_first_is_announced_before_and_after_claiming() -> None:
    order = placed((TEAPOT, 2), payments=[{"method": "transfer"}])

    before = call("GET", link(order, BUDI))
    call("POST", link(order, BUDI) + "/claim")

    assert "membayar dulu lewat transfer" in before.text
    assert "membayar dulu lewat transfer" in call("GET", link(order, BUDI)).text


def test_english_when_asked_for() -> None:
    order = placed((TEAPOT, 2))

    page = call("GET", link(order, BUDI) + "?lang=en")
    claimed = call("POST", link(order, BUDI) + "/claim?lang=en")

    assert "Claim this order" in page.text
    assert "/claim?lang=en" in page.text
    assert claimed.headers["Location"].endswith("?lang=en")


@pytest.mark.parametrize("token", ["x", "A" * 22, "ful_1-1"])
def test_a_link_nobody_made_leads_nowhere(token: str) -> None:
    assert call("GET", f"/o/{token}").status == 404
    assert call("POST", f"/o/{token}/claim").status == 404


def test_what_a_customer_writes_is_shown_as_he_wrote_it() -> None:
    mischief = "<script>alert(1)</script>'\""
    order = placed((TEAPOT, 2), note=mischief)
    call("POST", link(order, BUDI) + "/claim")

    page = call("GET", link(order, BUDI))

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#34;" in page.text


def test_the_page_is_small_and_runs_nothing() -> None:
    order = placed((TEAPOT, 2))

    page = call("GET", link(order, BUDI))

    assert len(page.body) < 4_500
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
