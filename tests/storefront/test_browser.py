"""The shop's pages in a phone browser, with a stub of the API."""

import pytest

from tests.storefront.build import some_products
from tests.storefront.stub_api import StubApi, a_problem, an_order, quote_handler, stock_handler

pytestmark = pytest.mark.browser

PRICES = {product["sku"]: (product["name"], product["price"]["amount"]) for product in some_products()}
PLACE_ORDER = "POST /orders"


@pytest.fixture
def api(phone):
    stub = StubApi()
    stub.handlers = {
        "GET /stock": stock_handler({"KOPI-01": 20, "TEH-01": 3}),
        "POST /quotes": quote_handler(PRICES, freight=15_000),
        PLACE_ORDER: lambda request: (201, an_order()),
        "GET /orders/ord_1": lambda request: (200, an_order()),
    }
    phone.route("**/api/**", stub.route)
    return stub


def test_an_open_page_shows_the_units_that_are_left_now(phone, api):
    phone.goto("/p/KOPI-01/")
    live = phone.locator("[data-live]")
    live.get_by_text("Tersisa 20").wait_for()

    api.handlers["GET /stock"] = stock_handler({"KOPI-01": 19})
    phone.get_by_role("button", name="Periksa lagi").click()

    live.get_by_text("Tersisa 19").wait_for()
    assert "Gudang Rungkut15 unit" in phone.locator("[data-places]").inner_text().replace("\n", "").replace("  ", " ")


def test_a_quantity_that_cannot_be_refreshed_is_no_longer_shown(phone, api):
    phone.goto("/p/KOPI-01/")
    phone.get_by_text("Tersisa 20").wait_for()

    api.unreachable.add("GET /stock")
    phone.get_by_role("button", name="Periksa lagi").click()

    phone.locator("[data-live]").get_by_text("Stok tidak dapat diperiksa sekarang").wait_for()
    assert phone.get_by_text("Tersisa").count() == phone.get_by_text("Tinggal").count() == 0


def test_without_scripts_prices_and_availability_can_be_read(chromium, site_url):
    _, browser = chromium
    context = browser.new_context(java_script_enabled=False, base_url=site_url)
    page = context.new_page()

    page.goto("/p/KOPI-01/")

    assert page.locator("[data-price]").inner_text() == "Rp58.000"
    assert page.locator("[data-live]").inner_text() == "Tersedia"
    assert page.get_by_role("link", name="Kopi & Teh").count() == 1
    context.close()


def fill_cart(phone):
    phone.goto("/p/KOPI-01/")
    phone.get_by_role("button", name="Tambah jumlah").click()
    phone.get_by_role("button", name="Masukkan keranjang").click()
    phone.get_by_role("link", name="Lihat keranjang").wait_for()


def fill_form(phone):
    phone.goto("/checkout/")
    phone.get_by_label("Nama").fill("Sari Wulandari")
    phone.get_by_label("Nomor HP").fill("081252981234")
    phone.get_by_label("Alamat", exact=True).fill("Jl. Kenanga 5")
    phone.get_by_label("Kode pos").fill("60241")
    phone.get_by_label("Kode pos").press("Tab")
    phone.get_by_role("button", name="Rp131.000").wait_for()


def test_a_guest_orders_and_sees_how_to_pay(phone, api):
    fill_cart(phone)
    fill_form(phone)

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()
    placed = api.requests_to(PLACE_ORDER)[0]
    address = {"street": "Jl. Kenanga 5", "city": "", "postcode": "60241", "country": "ID"}
    assert placed.body == {
        "channel": "web",
        "lines": [{"sku": "KOPI-01", "quantity": 2}],
        "customer": {"name": "Sari Wulandari", "phone": "081252981234"},
        "delivery": {"method": "ship", "address": address},
        "payments": [{"method": "transfer"}],
    }
    assert len(placed.headers["idempotency-key"]) == 32
    assert phone.get_by_text("Bank Contoh 000-123-4567").count() == 1
    assert phone.get_by_text("Transfer sebelum 23 Nov, 16.15 WIB").count() == 1
    assert api.requests_to("GET /orders/ord_1")[0].query["token"] == ["0.secret"]
    assert phone.locator("[data-cart-count]").is_hidden()


def test_a_broken_connection_is_retried_with_the_same_key_and_body(phone, api):
    fill_cart(phone)
    fill_form(phone)
    api.unreachable.add(PLACE_ORDER)
    phone.get_by_role("button", name="Pesan sekarang").click()
    phone.get_by_text("Sambungan terputus").wait_for()

    api.unreachable.clear()
    phone.reload()
    phone.get_by_role("button", name="Kirim ulang").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()
    first, second = api.requests_to(PLACE_ORDER)
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_refusal_lists_the_available_units_and_the_next_try_has_a_new_key(phone, api):
    fill_cart(phone)
    fill_form(phone)
    short = [{"sku": "KOPI-01", "wanted": 2, "available": 1}]
    api.handlers[PLACE_ORDER] = lambda request: a_problem(409, "out_of_stock", short=short)
    phone.get_by_role("button", name="Pesan sekarang").click()
    phone.get_by_text("Kopi Gayo 200 g: Anda minta 2, tersisa 1").wait_for()

    api.handlers[PLACE_ORDER] = lambda request: (201, an_order())
    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()
    first, second = api.requests_to(PLACE_ORDER)
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


def test_a_cart_is_adjusted_to_the_available_units(phone, api):
    fill_cart(phone)
    priced = quote_handler(PRICES)

    def short(request):
        status, quote = priced(request)
        wanted = request.body["lines"][0]["quantity"]
        return status, quote | {"short": [{"sku": "KOPI-01", "wanted": wanted, "available": 1}] if wanted > 1 else []}

    api.handlers["POST /quotes"] = short
    phone.goto("/keranjang/")

    phone.get_by_role("button", name="Sesuaikan keranjang").click()

    phone.get_by_text("1 × Kopi Gayo 200 g").wait_for()
    assert phone.locator("[data-cart-count]").inner_text() == "1"


def test_proof_of_a_transfer_is_sent_with_the_order_token(phone, api):
    sent = {"status": "proof_submitted", "action": None}

    def proof(request):
        order = an_order()
        order["payments"][0] |= sent
        api.handlers["GET /orders/ord_1"] = lambda _: (200, order)
        return 200, order

    api.handlers["POST /payments/pay_1/proof"] = proof
    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_label("Nomor referensi").fill("TRF 20261122")
    phone.get_by_role("button", name="Kirim bukti").click()

    phone.get_by_text("Bukti diterima").wait_for()
    request = api.requests_to("POST /payments/pay_1/proof")[0]
    assert request.body == {"reference": "TRF 20261122"}
    assert request.query["token"] == ["0.secret"]


def test_an_order_is_cancelled_after_asking_once_more(phone, api):
    def cancel(request):
        order = an_order(status="cancelled")
        api.handlers["GET /orders/ord_1"] = lambda _: (200, order)
        return 200, order

    api.handlers["POST /orders/ord_1/cancel"] = cancel
    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_role("button", name="Batalkan pesanan").click()
    phone.get_by_role("button", name="Ya, batalkan").click()

    phone.get_by_text("Pesanan ini dibatalkan").wait_for()
    assert len(api.requests_to("POST /orders/ord_1/cancel")) == 1


def test_a_link_of_another_order_shows_order_not_found(phone, api):
    phone.goto("/pesanan/?id=ord_other&token=x")

    phone.get_by_text("Pesanan tidak ditemukan").wait_for()


def test_the_placement_of_the_visit_is_sent_with_the_order(phone, api):
    phone.goto("/?via=ig-bio")
    fill_cart(phone)
    fill_form(phone)

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()
    assert api.requests_to(PLACE_ORDER)[0].body["placement"] == "ig-bio"


@pytest.mark.parametrize(
    "path", ["/", "/p/KOPI-01/", "/keranjang/", "/checkout/", "/pesanan/?id=ord_1&token=x", "/en/"]
)
def test_no_page_is_wider_than_the_phone(phone, api, path):
    fill_cart(phone)
    phone.goto(path)
    phone.wait_for_load_state("networkidle")

    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
