"""Goods on their way are announced at the desk, for the day they come."""

import pytest

from tests.storefront.desk_stub import a_level, answering, listed
from tests.storefront.stub import a_problem
from tests.storefront.test_desk import sit_down

pytestmark = pytest.mark.browser
ANNOUNCE = "POST /stock/expected"
HERE = "GET /stock/locations/wh-rungkut"


def open_stock(phone, role="warehouse", location="wh-rungkut"):
    api = sit_down(phone, role, location)
    phone.get_by_role("link", name="Stok", exact=True).click()
    phone.get_by_role("columnheader", name="bisa dijual").wait_for()
    return api


def pick_coffee(phone, summary="Umumkan kedatangan barang", product="Barang"):
    phone.get_by_text(summary).click()
    phone.get_by_label(product, exact=True).fill("gayo")
    phone.get_by_role("button", name="Kopi Gayo").click()


def fill_in(phone, quantity="48", on="2030-12-05"):
    pick_coffee(phone)
    phone.get_by_label("Jumlah", exact=True).fill(quantity)
    phone.get_by_label("Hari datang").fill(on)
    phone.get_by_label("Alasan").fill("PO 88")


def save(phone):
    phone.get_by_role("button", name="Simpan").click()


def test_the_warehouse_announces_what_comes_and_sees_it_in_the_table(phone):
    api = open_stock(phone)

    def comes(asked):
        level = a_level("KOPI-01", 6) | {"expected": [{"on": "2030-12-05", "quantity": 48, "promised": 0}]}
        api.doors[HERE] = answering(listed(level))
        return 201, {"expected": []}

    api.doors[ANNOUNCE] = comes
    fill_in(phone)
    save(phone)

    phone.get_by_text("datang 5 Des 2030: 48, dijanjikan 0").wait_for()
    [said] = api.said_to(ANNOUNCE)
    goods = [{"sku": "KOPI-01", "quantity": 48}]
    assert said.body == {"location": "wh-rungkut", "on": "2030-12-05", "lines": goods, "reason": "PO 88"}
    assert len(said.headers["idempotency-key"]) == 32
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
def test_a_refusal_says_why_and_keeps_what_was_typed(phone, status, code, facts, says):
    api = open_stock(phone)
    api.doors[ANNOUNCE] = lambda asked: a_problem(status, code, **facts)
    fill_in(phone, "0")
    save(phone)

    phone.get_by_role("alert").get_by_text(says).wait_for()
    assert phone.get_by_label("Jumlah", exact=True).input_value() == "0"
    assert phone.get_by_label("Alasan").input_value() == "PO 88"


def test_what_was_not_answered_is_sent_again_with_its_key_and_what_was_mended_with_another(phone):
    api = open_stock(phone)
    api.doors[ANNOUNCE] = lambda asked: a_problem(503, "unavailable")
    fill_in(phone)

    for quantity in ("48", "48", "50"):
        phone.get_by_label("Jumlah", exact=True).fill(quantity)
        with phone.expect_response("**/api/stock/expected"):
            save(phone)
        phone.locator("button[aria-busy]").wait_for(state="detached")

    first, again, mended = [said.headers["idempotency-key"] for said in api.said_to(ANNOUNCE)]
    assert first == again != mended


def test_nothing_is_sent_without_goods_or_for_a_day_that_is_over(phone):
    api = open_stock(phone)
    fill_in(phone, on="2020-01-01")
    save(phone)
    assert phone.get_by_label("Hari datang").evaluate("input => input.validity.rangeUnderflow")

    phone.reload()
    phone.get_by_text("Umumkan kedatangan barang").click()
    phone.get_by_label("Jumlah", exact=True).fill("48")
    phone.get_by_label("Hari datang").fill("2030-12-05")
    phone.get_by_label("Alasan").fill("PO 88")
    save(phone)

    phone.get_by_text("Pilih barang dulu.").wait_for()
    assert api.said_to(ANNOUNCE) == []


def test_the_form_speaks_english_and_is_made_for_thumbs(phone):
    open_stock(phone)
    phone.get_by_role("button", name="English").click()
    pick_coffee(phone, "Announce goods on their way", "Product")

    for label in ("Quantity", "Day they come", "Reason, such as PO 88"):
        assert phone.get_by_label(label, exact=True).count() == 1
    assert phone.get_by_text("0 calls them off").count() == 1
    small = phone.locator(".announce").evaluate(
        "form => [...form.querySelectorAll('summary, input, button')].map(each => each.getBoundingClientRect().height)"
        ".filter(height => height < 44)"
    )
    assert small == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_owner_announces_for_any_house_and_for_no_van(phone):
    api = sit_down(phone, "owner")
    for place in ("van-budi", "wh-rungkut", "st-darmo"):
        api.doors[f"GET /stock/locations/{place}"] = answering(listed(a_level("KOPI-01", 6)))
    api.doors[ANNOUNCE] = answering({"expected": []})
    phone.get_by_role("link", name="Stok", exact=True).click()
    phone.get_by_label("Tempat").select_option("van-budi")
    assert phone.locator(".announce").count() == 0

    phone.get_by_label("Tempat").select_option("st-darmo")
    fill_in(phone)
    save(phone)

    phone.get_by_text("Beres").wait_for()
    assert api.said_to(ANNOUNCE)[0].body["location"] == "st-darmo"


def test_the_warehouse_announces_for_no_other_house_and_a_salesman_for_none(phone):
    api = open_stock(phone)
    api.doors["GET /stock/locations/st-darmo"] = answering(listed())
    assert phone.locator(".announce").count() == 1
    phone.get_by_label("Tempat").select_option("st-darmo")
    phone.get_by_text("Tidak ada apa-apa di sini.").wait_for()
    assert phone.locator(".announce").count() == 0

    phone.unroute_all()
    api = sit_down(phone, "salesman", "van-budi")
    phone.reload()
    phone.get_by_role("link", name="Stok", exact=True).click()
    phone.get_by_role("columnheader", name="bisa dijual").wait_for()
    assert phone.locator(".announce").count() == 0
