"""Backorders on the shop's pages and at the desk."""

import pytest

from tests.storefront.stub_api import StubApi, a_line, an_order, quote_handler
from tests.storefront.stub_desk_api import a_level, a_page, respond_with, some_work
from tests.storefront.test_browser import PLACE_ORDER, PRICES, fill_cart, fill_form
from tests.storefront.test_desk import sign_in

pytestmark = pytest.mark.browser
FRIDAY = {"on": "2026-11-27", "quantity": 10}


@pytest.fixture
def api(phone):
    """Coffee is sold out, and ten units are expected on Friday."""
    stub = StubApi()
    gone = {"sku": "KOPI-01", "available": 0, "locations": [], "expected": [FRIDAY]}
    short = [{"sku": "KOPI-01", "wanted": 2, "available": 0, "expected": [FRIDAY]}]
    priced = quote_handler(PRICES, freight=15_000)
    stub.handlers = {
        "GET /stock": lambda request: (
            200,
            a_page(*({**gone, "sku": sku} for sku in request.query["sku"][0].split(","))),
        ),
        "POST /quotes": lambda request: (200, priced(request)[1] | {"short": short}),
        PLACE_ORDER: lambda request: (201, an_order()),
    }
    phone.route("**/api/**", stub.route)
    return stub


def test_a_sold_out_product_shows_its_inbound_day_and_can_be_backordered(phone, api):
    phone.goto("/p/KOPI-01/")

    phone.locator("[data-live]").get_by_text("Habis, datang 27 Nov").wait_for()
    assert "Datang 27 Nov, bisa dipesan sekarang10 unit" in phone.locator("[data-places]").inner_text().replace(
        "\n", ""
    )
    assert phone.get_by_role("spinbutton", name="Jumlah").get_attribute("max") == "10"
    assert phone.get_by_role("button", name="Masukkan keranjang").is_enabled()


def test_agreeing_to_wait_is_sent_with_the_order(phone, api):
    fill_cart(phone)
    fill_form(phone)
    phone.get_by_text("10 lagi datang 27 Nov").wait_for()

    phone.get_by_label("Saya mau menunggu").check()
    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan").wait_for()
    assert api.requests_to(PLACE_ORDER)[0].body["backorder"] is True


def test_an_order_is_not_a_backorder_without_consent(phone, api):
    fill_cart(phone)
    fill_form(phone)
    phone.get_by_label("Saya mau menunggu").wait_for()

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan").wait_for()
    assert "backorder" not in api.requests_to(PLACE_ORDER)[0].body


def test_waiting_is_not_offered_when_inbound_stock_is_not_enough(phone, api):
    short = [{"sku": "KOPI-01", "wanted": 12, "available": 1, "expected": [FRIDAY]}]
    priced = quote_handler(PRICES, freight=15_000)
    api.handlers["POST /quotes"] = lambda request: (200, priced(request)[1] | {"short": short})
    fill_cart(phone)
    fill_form(phone)

    phone.get_by_text("10 lagi datang 27 Nov").wait_for()

    assert phone.get_by_label("Saya mau menunggu").is_hidden()


def test_an_order_shows_backordered_units_and_their_day(phone, api):
    line = a_line("KOPI-01", 5, "Kopi Gayo 200 g", 58_000) | {"later": [{"quantity": 2, "on": "2026-11-27"}]}
    api.handlers["GET /orders/ord_1"] = lambda request: (200, an_order(lines=[line]))

    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_text("2 unit menyusul, datang 27 Nov").wait_for()


def test_the_warehouse_sees_awaiting_work_below_work_it_can_start(phone):
    api = sign_in(phone, "warehouse", "wh-rungkut")
    waits = some_work(id="ful_01KB-2", number="SK-LATER-2", status="awaiting", expected_on="2026-11-27")
    api.handlers["GET /fulfillments?of=awaiting"] = respond_with(a_page(waits))

    phone.get_by_role("link", name="Kerja", exact=True).click()

    phone.get_by_text("Menunggu barang, datang 27 Nov 2026").wait_for()
    assert phone.locator(".card > header h2").all_inner_texts() == ["SK-7H2K-4", "SK-LATER-2"]
    assert phone.get_by_role("button", name="Terima", exact=True).count() == 1


def test_work_is_shown_when_awaiting_work_cannot_be_loaded(phone):
    api = sign_in(phone, "warehouse", "wh-rungkut")
    api.unreachable.add("GET /fulfillments?of=awaiting")

    phone.get_by_role("link", name="Kerja", exact=True).click()

    phone.get_by_role("button", name="Terima", exact=True).wait_for()


def test_stock_shows_expected_and_promised_units(phone):
    api = sign_in(phone, "warehouse", "wh-rungkut")
    level = a_level("KOPI-01", 0) | {"expected": [FRIDAY | {"promised": 4}]}
    api.handlers["GET /stock/locations/wh-rungkut"] = respond_with(a_page(level))

    phone.get_by_role("link", name="Stok", exact=True).click()

    phone.get_by_text("datang 27 Nov 2026: 10, dijanjikan 4").wait_for()
