"""Announcing inbound stock at the desk."""

import pytest

from tests.storefront.stub_api import a_problem
from tests.storefront.stub_desk_api import a_level, a_page, respond_with
from tests.storefront.test_desk import sign_in

pytestmark = pytest.mark.browser
ANNOUNCE = "POST /stock/expected"
LEVELS = "GET /stock/locations/wh-rungkut"


def open_stock(phone, role="warehouse", location="wh-rungkut"):
    api = sign_in(phone, role, location)
    phone.get_by_role("link", name="Stok", exact=True).click()
    phone.get_by_role("columnheader", name="bisa dijual").wait_for()
    return api


def pick_coffee(phone, summary="Umumkan kedatangan barang", product="Barang"):
    phone.get_by_text(summary).click()
    phone.get_by_label(product, exact=True).fill("gayo")
    phone.get_by_role("button", name="Kopi Gayo").click()


def fill_form(phone, quantity="48", on="2030-12-05"):
    pick_coffee(phone)
    phone.get_by_label("Jumlah", exact=True).fill(quantity)
    phone.get_by_label("Hari datang").fill(on)
    phone.get_by_label("Alasan").fill("PO 88")


def save(phone):
    phone.get_by_role("button", name="Simpan").click()


def test_the_warehouse_announces_inbound_stock_and_sees_it_in_the_table(phone):
    api = open_stock(phone)

    def announce(request):
        level = a_level("KOPI-01", 6) | {"expected": [{"on": "2030-12-05", "quantity": 48, "promised": 0}]}
        api.handlers[LEVELS] = respond_with(a_page(level))
        return 201, {"expected": []}

    api.handlers[ANNOUNCE] = announce
    fill_form(phone)
    save(phone)

    phone.get_by_text("datang 5 Des 2030: 48, dijanjikan 0").wait_for()
    [request] = api.requests_to(ANNOUNCE)
    lines = [{"sku": "KOPI-01", "quantity": 48}]
    assert request.body == {"location": "wh-rungkut", "on": "2030-12-05", "lines": lines, "reason": "PO 88"}
    assert len(request.headers["idempotency-key"]) == 32
    assert phone.get_by_label("Alasan").input_value() == ""


@pytest.mark.parametrize(
    "status, code, facts, says",
    [
        (409, "promised_ahead", {"promised": 4}, "Sudah 4 yang dijanjikan untuk hari itu"),
        (
            422,
            "day_is_over",
            {"errors": [{"field": "on", "says": "is over"}]},
            "Hari itu sudah lewat.",
        ),
        (422, "unknown_sku", {}, "Kode barang tidak dikenal."),
    ],
)
def test_a_refusal_shows_the_reason_and_keeps_the_input(phone, status, code, facts, says):
    api = open_stock(phone)
    api.handlers[ANNOUNCE] = lambda request: a_problem(status, code, **facts)
    fill_form(phone, "0")
    save(phone)

    phone.get_by_role("alert").get_by_text(says).wait_for()
    assert phone.get_by_label("Jumlah", exact=True).input_value() == "0"
    assert phone.get_by_label("Alasan").input_value() == "PO 88"


def test_an_unanswered_request_is_resent_with_its_key_and_a_changed_one_with_a_new_key(phone):
    api = open_stock(phone)
    api.handlers[ANNOUNCE] = lambda request: a_problem(503, "unavailable")
    fill_form(phone)

    for quantity in ("48", "48", "50"):
        phone.get_by_label("Jumlah", exact=True).fill(quantity)
        with phone.expect_response("**/api/stock/expected"):
            save(phone)
        phone.locator("button[aria-busy]").wait_for(state="detached")

    first, repeated, changed = [request.headers["idempotency-key"] for request in api.requests_to(ANNOUNCE)]
    assert first == repeated != changed


def test_nothing_is_sent_without_a_product_or_for_a_past_day(phone):
    api = open_stock(phone)
    fill_form(phone, on="2020-01-01")
    save(phone)
    assert phone.get_by_label("Hari datang").evaluate("input => input.validity.rangeUnderflow")

    phone.reload()
    phone.get_by_text("Umumkan kedatangan barang").click()
    phone.get_by_label("Jumlah", exact=True).fill("48")
    phone.get_by_label("Hari datang").fill("2030-12-05")
    phone.get_by_label("Alasan").fill("PO 88")
    save(phone)

    phone.get_by_text("Pilih barang dulu.").wait_for()
    assert api.requests_to(ANNOUNCE) == []


def test_the_form_is_shown_in_english_with_large_touch_targets(phone):
    open_stock(phone)
    phone.get_by_role("button", name="English").click()
    pick_coffee(phone, "Announce goods on their way", "Product")

    for label in ("Quantity", "Day they come", "Reason, such as PO 88"):
        assert phone.get_by_label(label, exact=True).count() == 1
    assert phone.get_by_text("0 calls them off").count() == 1
    small = phone.locator(".announce").evaluate(
        "form => [...form.querySelectorAll('summary, input, button')].map(item => item.getBoundingClientRect().height)"
        ".filter(height => height < 44)"
    )
    assert small == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_owner_announces_for_any_store_or_warehouse_and_for_no_van(phone):
    api = sign_in(phone, "owner")
    for place in ("van-budi", "wh-rungkut", "st-darmo"):
        api.handlers[f"GET /stock/locations/{place}"] = respond_with(a_page(a_level("KOPI-01", 6)))
    api.handlers[ANNOUNCE] = respond_with({"expected": []})
    phone.get_by_role("link", name="Stok", exact=True).click()
    phone.get_by_label("Tempat").select_option("van-budi")
    assert phone.locator(".announce").count() == 0

    phone.get_by_label("Tempat").select_option("st-darmo")
    fill_form(phone)
    save(phone)

    phone.get_by_text("Beres").wait_for()
    assert api.requests_to(ANNOUNCE)[0].body["location"] == "st-darmo"


def test_a_warehouse_announces_only_for_itself_and_a_salesman_for_none(phone):
    api = open_stock(phone)
    api.handlers["GET /stock/locations/st-darmo"] = respond_with(a_page())
    assert phone.locator(".announce").count() == 1
    phone.get_by_label("Tempat").select_option("st-darmo")
    phone.get_by_text("Tidak ada apa-apa di sini.").wait_for()
    assert phone.locator(".announce").count() == 0

    phone.unroute_all()
    api = sign_in(phone, "salesman", "van-budi")
    phone.reload()
    phone.get_by_role("link", name="Stok", exact=True).click()
    phone.get_by_role("columnheader", name="bisa dijual").wait_for()
    assert phone.locator(".announce").count() == 0
