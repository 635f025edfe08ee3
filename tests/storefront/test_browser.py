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
    phone.get_by_label("Transfer bank").check()
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
        "language": "id",
        "expected_total": {"amount": 131_000, "currency": "IDR"},
    }
    assert len(placed.headers["idempotency-key"]) == 32
    assert phone.get_by_text("Bank Contoh 000-123-4567").count() == 1
    assert phone.get_by_text("Transfer sebelum 23 Nov, 16.15 WIB").count() == 1
    assert api.requests_to("GET /orders/ord_1")[0].query["token"] == ["0.secret"]
    assert phone.locator("[data-cart-count]").is_hidden()


def lose_the_answer(phone, api):
    fill_cart(phone)
    fill_form(phone)
    api.unreachable.add(PLACE_ORDER)
    phone.get_by_role("button", name="Pesan sekarang").click()
    phone.get_by_role("heading", name="Pesanan yang belum dijawab").wait_for()
    api.unreachable.clear()


def test_an_unanswered_order_is_locked_and_sent_again_apart_from_the_new_cart(phone, api):
    lose_the_answer(phone, api)
    assert phone.locator("[data-cart-count]").is_hidden()
    phone.goto("/p/TEH-01/")
    phone.get_by_role("button", name="Masukkan keranjang").click()
    phone.goto("/checkout/")

    sent = phone.locator("section.sent").inner_text()
    phone.get_by_role("button", name="Kirim ulang").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()
    first, second = api.requests_to(PLACE_ORDER)
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    for fact in ("2 × Kopi Gayo 200 g", "Rp131.000", "Sari Wulandari, 081252981234", "Jl. Kenanga 5", "Transfer bank"):
        assert fact in sent
    assert phone.locator("[data-cart-count]").inner_text() == "1"


def test_an_unanswered_order_is_discarded_only_after_asking(phone, api):
    lose_the_answer(phone, api)
    api.unreachable.add("POST /orders/withdraw")
    phone.get_by_role("button", name="Periksa lalu buang").click()
    phone.get_by_text("tetap disimpan di sini").wait_for()

    api.unreachable.clear()
    api.handlers["POST /orders/withdraw"] = lambda request: (200, {"answer": None})
    phone.get_by_role("button", name="Periksa lalu buang").click()
    phone.get_by_text("Pesanan itu tidak masuk").wait_for()

    (order,) = api.requests_to(PLACE_ORDER)
    withdrawn = api.requests_to("POST /orders/withdraw")[-1]
    assert withdrawn.body == order.body
    assert withdrawn.headers["idempotency-key"] == order.headers["idempotency-key"]
    assert phone.locator("section.sent").count() == 0
    phone.get_by_role("button", name="Kembalikan barangnya").click()
    phone.get_by_text("2 × Kopi Gayo 200 g").wait_for()


def test_an_order_that_was_placed_after_all_is_opened_instead_of_discarded(phone, api):
    lose_the_answer(phone, api)
    api.handlers["POST /orders/withdraw"] = lambda request: (200, {"answer": an_order()})

    phone.get_by_role("button", name="Periksa lalu buang").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()


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


def test_a_keyboard_user_keeps_their_place_in_the_cart(phone, api):
    fill_cart(phone)
    phone.goto("/keranjang/")
    less = phone.get_by_role("button", name="Kurangi: Kopi Gayo 200 g")
    less.focus()

    phone.keyboard.press("Enter")
    phone.keyboard.press("Enter")
    phone.keyboard.press("Enter")

    assert phone.locator(".lines output").inner_text() == "1"
    assert less.evaluate("element => element === document.activeElement")
    phone.get_by_role("button", name="Hapus: Kopi Gayo 200 g").press("Enter")
    phone.get_by_text("Keranjang masih kosong").wait_for()


def test_nothing_is_ordered_without_a_choice_of_payment(phone, api):
    fill_cart(phone)
    phone.goto("/checkout/")
    for label, text in (("Nama", "Sari"), ("Nomor HP", "081252981234"), ("Kode pos", "60241")):
        phone.get_by_label(label).fill(text)
    phone.get_by_label("Alamat", exact=True).fill("Jl. Kenanga 5")

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_text("Pilih cara bayar.").wait_for()
    assert api.requests_to(PLACE_ORDER) == []


def test_a_store_without_all_goods_can_be_exchanged_for_any_other(phone, api):
    priced = quote_handler(PRICES)
    stores = [{"method": "pickup", "location": "st-kenjeran"}]
    api.handlers["POST /quotes"] = lambda request: (200, priced(request)[1] | {"delivery": stores})
    fill_cart(phone)
    phone.goto("/checkout/")
    phone.get_by_label("Ambil di toko").check()

    store = phone.locator("[name=location]")
    store.select_option("st-kenjeran")

    options = store.locator("option").evaluate_all("all => all.map(option => [option.value, option.disabled])")
    assert options == [["", False], ["st-darmo", True], ["st-kenjeran", False]]
    assert "stok tidak lengkap" in store.locator("option").nth(1).inner_text()


@pytest.mark.parametrize(("source", "text"), [("area", "tengah wilayahnya"), (None, "gudang yang mengirim")])
def test_an_unknown_postcode_is_told_at_once(phone, api, source, text):
    priced = quote_handler(PRICES)
    api.handlers["POST /quotes"] = lambda request: (200, priced(request)[1] | {"located_by": source})
    fill_cart(phone)
    phone.goto("/checkout/")

    phone.get_by_label("Kode pos").fill("60299")
    phone.keyboard.press("Tab")

    phone.locator("#located").get_by_text(text).wait_for()


def test_a_pickup_order_shows_when_and_where_it_is_ready(phone, api):
    pickup = {"location": "st-darmo", "name": "Toko Darmo", "address": "Jl. Raya Darmo 12", "hours": "09.00-21.00"}
    pickup |= {"phone": "", "ready": True}
    delivery = {"method": "pickup", "location": "st-darmo", "address": None}
    api.handlers["GET /orders/ord_1"] = lambda request: (200, an_order(delivery=delivery, payments=[]))
    api.handlers["GET /orders/ord_1/delivery"] = lambda request: (200, {"brought_by": None, "pickup": pickup})

    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    note = phone.locator(".courier")
    note.get_by_text("Barang Anda sudah siap di Toko Darmo.").wait_for()
    assert "Jl. Raya Darmo 12" in note.inner_text() and "09.00-21.00" in note.inner_text()
    assert phone.get_by_text("Mencari pengantar").count() == 0
    assert phone.locator("[aria-current=step]").inner_text() == "Siap diambil"


def test_call_me_is_sent_and_an_error_does_not_survive_the_success(phone, api):
    courier = {"first_name": "Budi", "when": None, "status": "in_transit"}
    api.handlers["GET /orders/ord_1"] = lambda request: (200, an_order(brought_by="Budi"))
    api.handlers["GET /orders/ord_1/delivery"] = lambda request: (200, {"brought_by": courier, "pickup": None})
    api.handlers["POST /orders/ord_1/call-me"] = lambda request: a_problem(409, "nobody_to_call")
    phone.goto("/pesanan/?id=ord_1&token=0.secret")
    call_me = phone.get_by_role("button", name="Minta ditelepon pengantar")
    call_me.click()
    phone.get_by_text("Pesanan ini sedang tidak diantar").wait_for()

    api.handlers["POST /orders/ord_1/call-me"] = lambda request: (200, {"asked_at": "2026-11-22T09:15:00.000Z"})
    call_me.click()

    phone.get_by_text("akan menelepon Anda").wait_for()
    assert phone.get_by_text("Pesanan ini sedang tidak diantar").count() == 0


def test_a_search_finds_other_words_and_stays_in_the_address(phone, api):
    phone.goto("/")
    search, cards = phone.get_by_role("searchbox"), phone.locator(".card:visible h3")
    for words, names in (("coffee", 2), ("SABUN", 1), ("8990800000015", 1), ("kopi", 2), ("camilan", 2), ("zzz", 0)):
        search.fill(words)
        assert (words, cards.count()) == (words, names)
        assert phone.locator(".group h2 small:visible").count() == 0  # counts the whole category

    search.fill("coffee gayo")
    cards.first.click()
    phone.wait_for_url("**/p/KOPI-01/")
    phone.go_back()

    assert phone.get_by_role("searchbox").input_value() == "coffee gayo"
    assert cards.all_inner_texts() == ["Kopi Gayo 200 g"]


def test_adding_covers_nothing_and_shows_the_quantity_on_the_card(phone, api):
    phone.goto("/")
    button = phone.locator("[data-add='KOPI-01']")

    button.click()
    button.click()

    assert button.locator("[data-in-cart]").inner_text().startswith("2")
    assert phone.locator("[data-added]").inner_text().startswith("Masuk keranjang: 1 × Kopi Gayo 200 g")


def test_the_total_stays_in_view_and_the_checkout_does_not_jump(phone, api):
    fill_cart(phone)
    phone.add_init_script(
        "window.shifts = 0; new PerformanceObserver(list => list.getEntries().forEach(entry =>"
        " { window.shifts += entry.value; })).observe({type: 'layout-shift', buffered: true});"
    )
    phone.goto("/checkout/")

    total = phone.get_by_role("button", name="Rp131.000")
    total.wait_for()

    box, height = total.bounding_box(), phone.evaluate("innerHeight")
    assert box["y"] >= 0 and box["y"] + box["height"] <= height
    assert phone.evaluate("window.shifts") < 0.05


@pytest.mark.parametrize("path", ["/", "/keranjang/", "/checkout/", "/pesanan/", "/en/"])
def test_the_header_does_not_overlap_on_the_narrowest_phones(phone, api, path):
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.goto(path)

    edges = "[document.querySelector('.brand').getBoundingClientRect().right,"
    edges += " document.querySelector('.top nav').getBoundingClientRect().left]"
    brand_right, nav_left = phone.evaluate(edges)

    assert brand_right <= nav_left
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/keranjang/", "/checkout/", "/pesanan/"])
def test_without_scripts_a_page_says_how_to_order_and_does_not_wait(chromium, site_url, path):
    _, browser = chromium
    context = browser.new_context(java_script_enabled=False, base_url=site_url)
    page = context.new_page()

    page.goto(path)

    assert "Toko Darmo, Jl. Raya Darmo 12 (09.00-21.00)" in page.locator("main").inner_text()
    assert "+6281252000104" in page.locator("main").inner_text()
    assert page.locator(".with-scripts:visible").count() == 0
    context.close()


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
