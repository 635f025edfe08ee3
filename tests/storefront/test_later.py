"""What is promised for a later day, on the shop's pages and at the desk."""

import pytest

from tests.storefront.desk_stub import a_level, answering, listed, some_work
from tests.storefront.stub import StubApi, a_line, an_order, quotes
from tests.storefront.test_browser import PLACED, PRICES, fill_cart, fill_form
from tests.storefront.test_desk import sit_down

pytestmark = pytest.mark.browser
FRIDAY = {"on": "2026-11-27", "quantity": 10}


@pytest.fixture
def api(phone):
    """Nothing is left of the coffee, and ten come on Friday."""
    stub = StubApi()
    gone = {"sku": "KOPI-01", "available": 0, "locations": [], "expected": [FRIDAY]}
    short = [{"sku": "KOPI-01", "wanted": 2, "available": 0, "expected": [FRIDAY]}]
    priced = quotes(PRICES, freight=15_000)
    stub.doors = {
        "GET /stock": lambda asked: (200, listed(*({**gone, "sku": sku} for sku in asked.query["sku"][0].split(",")))),
        "POST /quotes": lambda asked: (200, priced(asked)[1] | {"short": short}),
        PLACED: lambda asked: (201, an_order()),
    }
    phone.route("**/api/**", stub.route)
    return stub


def test_a_product_that_is_gone_says_when_it_comes_and_can_be_ordered_ahead(phone, api):
    phone.goto("/p/KOPI-01/")

    phone.locator("[data-live]").get_by_text("Habis, datang 27 Nov").wait_for()
    assert "Datang 27 Nov, bisa dipesan sekarang10 unit" in phone.locator("[data-places]").inner_text().replace(
        "\n", ""
    )
    assert phone.get_by_role("spinbutton", name="Jumlah").get_attribute("max") == "10"
    assert phone.get_by_role("button", name="Masukkan keranjang").is_enabled()


def test_who_agrees_to_wait_says_so_with_his_order(phone, api):
    fill_cart(phone)
    fill_form(phone)
    phone.get_by_text("10 lagi datang 27 Nov").wait_for()

    phone.get_by_label("Saya mau menunggu").check()
    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan").wait_for()
    assert api.said_to(PLACED)[0].body["backorder"] is True


def test_who_does_not_agree_is_not_made_to_wait(phone, api):
    fill_cart(phone)
    fill_form(phone)
    phone.get_by_label("Saya mau menunggu").wait_for()

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan").wait_for()
    assert "backorder" not in api.said_to(PLACED)[0].body


def test_nobody_is_asked_to_wait_for_what_will_not_be_enough(phone, api):
    short = [{"sku": "KOPI-01", "wanted": 12, "available": 1, "expected": [FRIDAY]}]
    priced = quotes(PRICES, freight=15_000)
    api.doors["POST /quotes"] = lambda asked: (200, priced(asked)[1] | {"short": short})
    fill_cart(phone)
    fill_form(phone)

    phone.get_by_text("10 lagi datang 27 Nov").wait_for()

    assert phone.get_by_label("Saya mau menunggu").is_hidden()


def test_an_order_says_what_follows_and_when(phone, api):
    line = a_line("KOPI-01", 5, "Kopi Gayo 200 g", 58_000) | {"later": [{"quantity": 2, "on": "2026-11-27"}]}
    api.doors["GET /orders/ord_1"] = lambda asked: (200, an_order(lines=[line]))

    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_text("2 unit menyusul, datang 27 Nov").wait_for()


def test_the_warehouse_sees_what_waits_for_goods_below_what_it_can_begin(phone):
    api = sit_down(phone, "warehouse", "wh-rungkut")
    waits = some_work(id="ful_01KB-2", number="SK-LATER-2", status="awaiting", expected_on="2026-11-27")
    api.doors["GET /fulfillments?of=awaiting"] = answering(listed(waits))

    phone.get_by_role("link", name="Kerja", exact=True).click()

    phone.get_by_text("Menunggu barang, datang 27 Nov 2026").wait_for()
    assert phone.locator(".card > header h2").all_inner_texts() == ["SK-7H2K-4", "SK-LATER-2"]
    assert phone.get_by_role("button", name="Terima", exact=True).count() == 1


def test_work_is_shown_though_nobody_can_say_what_waits(phone):
    api = sit_down(phone, "warehouse", "wh-rungkut")
    api.broken.add("GET /fulfillments?of=awaiting")

    phone.get_by_role("link", name="Kerja", exact=True).click()

    phone.get_by_role("button", name="Terima", exact=True).wait_for()


def test_stock_shows_what_is_expected_and_how_much_of_it_is_promised(phone):
    api = sit_down(phone, "warehouse", "wh-rungkut")
    level = a_level("KOPI-01", 0) | {"expected": [FRIDAY | {"promised": 4}]}
    api.doors["GET /stock/locations/wh-rungkut"] = answering(listed(level))

    phone.get_by_role("link", name="Stok", exact=True).click()

    phone.get_by_text("datang 27 Nov 2026: 10, dijanjikan 4").wait_for()
