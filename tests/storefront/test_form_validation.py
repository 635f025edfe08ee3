"""Form errors are shown at their fields in the language of the page, never in the API's English."""

import base64
import random
import struct
import zlib

import pytest

from storefront.words import LANGUAGES, load_words
from tests.storefront.build import rupiah
from tests.storefront.stub_api import StubApi, a_problem, an_order, quote_handler, stock_handler
from tests.storefront.test_browser import PLACE_ORDER, PRICES, fill_cart, fill_form

pytestmark = pytest.mark.browser
PROOF = "POST /payments/pay_1/proof"
ENGLISH_MESSAGE = "is no valid number; write it with its country code"


@pytest.fixture
def api(phone):
    stub = StubApi()
    stub.handlers = {
        "GET /stock": stock_handler({"KOPI-01": 20}),
        "POST /quotes": quote_handler(PRICES, freight=15_000),
    }
    stub.handlers[PLACE_ORDER] = lambda request: (201, an_order())
    phone.route("**/api/**", stub.route)
    return stub


def refuse_with(code, status=422, **facts):
    return lambda request: a_problem(status, code, detail=f"English: {code}", **facts)


def is_focused(field):
    return field.evaluate("field => field === document.activeElement")


def test_an_empty_form_shows_an_error_at_each_field_and_sends_nothing(phone, api):
    fill_cart(phone)
    phone.goto("/checkout/")

    phone.get_by_role("button", name="Pesan sekarang").click()

    assert phone.locator(".wrong").all_inner_texts() == [
        "Tulis nama Anda.",
        "Tulis nama jalan dan nomornya.",
        "Tulis kode pos lima angka yang memang ada.",
        "Pilih cara bayar.",
    ]
    assert is_focused(phone.locator("[name=name]"))
    assert api.requests_to(PLACE_ORDER) == []


def test_a_corrected_field_loses_its_error(phone, api):
    fill_cart(phone)
    phone.goto("/checkout/")
    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.locator("[name=name]").fill("Sari")

    assert phone.locator("[name=name]").get_attribute("aria-invalid") is None
    assert phone.locator(".wrong").count() == 3


def test_a_focused_field_is_not_hidden_by_the_page_header(phone, api):
    fill_cart(phone)
    phone.goto("/checkout/")
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")

    phone.get_by_role("button", name="Pesan sekarang").click()

    head, field = phone.locator(".top").bounding_box(), phone.locator("[name=name]").bounding_box()
    assert field["y"] >= head["y"] + head["height"]


def test_a_phone_number_refused_by_the_api_is_shown_at_its_field_in_the_page_language(phone, api):
    fill_cart(phone)
    fill_form(phone)
    api.handlers[PLACE_ORDER] = refuse_with("invalid", errors=[{"field": "customer.phone", "says": ENGLISH_MESSAGE}])

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("alert").get_by_text("Tulis nomor HP yang lengkap").wait_for()
    field = phone.get_by_role("textbox", name="Nomor HP Tulis nomor HP yang lengkap")
    assert field.get_attribute("aria-invalid") == "true"
    assert ENGLISH_MESSAGE not in phone.locator("body").inner_text()


@pytest.mark.parametrize(
    "code, says",
    [
        ("unknown_coupon", "Kode kupon ini tidak dikenal."),
        ("coupon_ended", "Kupon ini sudah berakhir."),
        ("coupon_spent", "Kupon ini sudah habis dipakai."),
        ("coupon_does_not_apply", "Kupon ini tidak berlaku untuk isi keranjang Anda."),
        ("unknown_postcode", "Kode pos ini tidak ada."),
        ("something_newer_than_this_page", "Belum bisa diproses."),
    ],
)
def test_every_refusal_is_shown_in_the_page_language(phone, api, code, says):
    fill_cart(phone)
    fill_form(phone)
    api.handlers[PLACE_ORDER] = refuse_with(code, 409)

    phone.get_by_role("button", name="Pesan sekarang").click()

    phone.get_by_role("alert").get_by_text(says).wait_for()
    assert "English" not in phone.get_by_role("alert").inner_text()


def test_a_quantity_above_stock_is_reduced_to_stock(phone, api):
    phone.goto("/p/KOPI-01/")
    phone.locator("[data-live]").get_by_text("Tersisa 20").wait_for()

    phone.get_by_role("spinbutton", name="Jumlah").fill("500")
    phone.get_by_role("button", name="Masukkan keranjang").click()

    phone.get_by_text("Jumlah disesuaikan dengan stok.").wait_for()
    assert phone.locator("[data-cart-count]").inner_text() == "20"


def test_the_cart_shows_the_unit_price(phone, api):
    fill_cart(phone)

    phone.goto("/keranjang/")

    phone.get_by_text("Rp58.000 per unit").wait_for()


@pytest.mark.parametrize(
    "status, says", [("captured", "Uang yang sudah Anda bayar akan kami kembalikan."), ("cancelled", "Tidak ada yang")]
)
def test_a_cancelled_order_shows_whether_money_is_refunded(phone, api, status, says):
    payment = {"id": "pay_1", "method": "transfer", "status": status, "amount": rupiah(131_000), "action": None}
    order = an_order(status="cancelled", payments=[payment])
    api.handlers["GET /orders/ord_1"] = lambda request: (200, order)

    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_text(says).wait_for()


@pytest.mark.parametrize("path", ["/", "/p/KOPI-01/", "/keranjang/", "/checkout/", "/pesanan/?id=ord_1&token=x"])
def test_every_button_and_link_is_large_enough_for_a_thumb(phone, api, path):
    fill_cart(phone)
    api.handlers["GET /orders/ord_1"] = lambda request: (200, an_order())
    phone.goto(path)
    phone.wait_for_load_state("networkidle")

    small = phone.evaluate(
        "() => [...document.querySelectorAll('button, select, nav a, footer a, [role=button]')]"
        ".filter(item => item.offsetParent && item.getBoundingClientRect().height < 44)"
        ".map(item => `${item.textContent.trim()} ${item.getBoundingClientRect().height}`)"
    )

    assert small == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusal_codes_are_translated(language):
    words = load_words(language)
    shopper = {
        "out_of_stock",
        "unknown_sku",
        "not_published",
        "channel_off",
        "no_price",
        "too_many_lines",
        "too_many_places",
        "invalid",
    }
    shopper |= {"unknown_coupon", "coupon_ended", "coupon_spent", "coupon_does_not_apply", "coupon_needs_customer"}
    shopper |= {"unknown_postcode", "no_location", "method_unavailable", "cannot_cancel", "not_awaiting_money"}
    till = {"no_open_shift", "shift_not_open", "shift_not_counted", "shift_already_open", "till_in_use"}
    till |= {"bag_stays_open", "not_enough_cash", "more_than_owed", "collect_in_parts", "credit_limit_reached"}
    work = {"already_claimed", "offer_expired", "warehouse_accepted", "not_invited", "not_paid", "cannot_move"}

    assert shopper <= set(words["script"]["problems"])
    assert till | work | {"not_a_van", "no_such_location"} <= set(words["desk"]["problems"])


def accept_proof(api):
    paid = an_order()
    paid["payments"][0] |= {"status": "proof_submitted", "action": None}

    def proof(request):
        api.handlers["GET /orders/ord_1"] = lambda _: (200, paid)
        return 200, paid

    api.handlers |= {"GET /orders/ord_1": lambda request: (200, an_order()), PROOF: proof}


def a_photo(width, height):
    """Return a PNG of random noise, which cannot be compressed."""
    rows = b"".join(b"\0" + random.Random(row).randbytes(3 * width) for row in range(height))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 1))]
    chunks = [struct.pack(">I", len(data)) + kind + data for kind, data in [*parts, (b"IEND", b"")]]
    checked = [chunk + struct.pack(">I", zlib.crc32(chunk[4:])) for chunk in chunks]
    return {"name": "bukti.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"".join(checked)}


def test_a_photo_of_the_receipt_is_reduced_to_the_size_limit(phone, api):
    accept_proof(api)
    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_label("Foto atau PDF bukti").set_input_files(a_photo(1500, 1000))
    phone.get_by_role("button", name="Kirim bukti").click()

    phone.get_by_text("Bukti diterima").wait_for()
    [sent] = api.requests_to(PROOF)
    assert list(sent.body) == ["picture"]
    assert len(sent.body["picture"]) <= 250_000
    assert base64.b64decode(sent.body["picture"]).startswith(b"\xff\xd8\xff")


def test_a_file_that_is_not_an_image_is_not_sent(phone, api):
    accept_proof(api)
    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    wrong = {"name": "bukti.txt", "mimeType": "text/plain", "buffer": b"lunas"}
    phone.get_by_label("Foto atau PDF bukti").set_input_files(wrong)
    phone.get_by_role("button", name="Kirim bukti").click()

    phone.get_by_text("Berkas ini bukan gambar atau terlalu besar.").wait_for()
    assert api.requests_to(PROOF) == []


def test_an_empty_proof_is_not_sent(phone, api):
    accept_proof(api)
    phone.goto("/pesanan/?id=ord_1&token=0.secret")

    phone.get_by_role("button", name="Kirim bukti").click()

    phone.get_by_text("Isi nomor referensi, atau pilih foto buktinya.").wait_for()
    assert api.requests_to(PROOF) == []


def test_the_orders_of_this_device_are_listed(phone, api):
    api.handlers["GET /orders/ord_1"] = lambda request: (200, an_order())
    phone.goto("/pesanan/?id=ord_1&token=0.secret")
    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()

    phone.goto("/pesanan/")
    phone.get_by_role("link", name="SK-7H2K-4").click()

    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()


def test_a_device_without_orders_is_led_to_the_catalog(phone, api):
    phone.goto("/pesanan/")

    phone.get_by_text("Belum ada pesanan dari perangkat ini.").wait_for()
    phone.get_by_role("button", name="Lihat katalog").click()

    phone.get_by_role("searchbox").wait_for()
