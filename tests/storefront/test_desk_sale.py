"""A sale at the desk: lost connections, interruptions and mistakes, in a browser with a stub of the API."""

import pytest

from tests.storefront.build import rupiah
from tests.storefront.stub_api import a_problem, an_order
from tests.storefront.test_desk import sign_in

pytestmark = pytest.mark.browser
PLACE = "POST /orders"


def begin_sale(phone, role="agent"):
    """Sign in and put one packet of coffee for a known customer into the form."""
    api = sign_in(phone, role)
    api.handlers[PLACE] = lambda request: (201, an_order(id="ord_2", number="SK-NEW0-1"))
    phone.get_by_label("Nomor HP").fill("081252981234")
    phone.get_by_label("Nomor HP").press("Tab")
    phone.get_by_label("Alamat").fill("Jl. Kenanga 5")
    phone.get_by_label("Kode pos").fill("60241")
    add(phone, "kopi gayo", "Kopi Gayo")
    phone.locator("#price .total").wait_for()
    return api


def add(phone, search, name):
    phone.get_by_role("searchbox").fill(search)
    phone.locator(".matches").get_by_role("button", name=name).click()


def lose_the_answer(phone, api):
    api.unreachable.add(PLACE)
    phone.get_by_role("button", name="Buat pesanan").click()
    phone.locator(".unanswered").wait_for()
    api.unreachable.clear()


def lines_of(request):
    return [(line["sku"], line["quantity"]) for line in request.body["lines"]]


def key_of(request):
    return request.headers["idempotency-key"]


def test_an_order_without_an_answer_is_shown_whole_and_a_new_sale_is_sent_apart_from_it(phone):
    api = begin_sale(phone)

    lose_the_answer(phone, api)
    card = phone.locator(".unanswered").inner_text()
    add(phone, "BRS-01", "Beras")
    phone.get_by_label("Nomor HP").fill("081252981234")
    phone.get_by_label("Alamat").fill("Jl. Melati 7")
    phone.get_by_role("button", name="Buat pesanan").click()
    phone.get_by_text("Pesanan SK-NEW0-1 dibuat").wait_for()

    for text in ("1 × Kopi Gayo", "Warung Bu Tini", "081252981234", "Jl. Kenanga 5", "60241", "Transfer", "Rp58.000"):
        assert text in card.replace("\u00a0", " "), text
    coffee, rice = api.requests_to(PLACE)
    assert (lines_of(coffee), lines_of(rice)) == ([("KOPI-01", 1)], [("BRS-01", 1)])
    assert key_of(coffee) != key_of(rice)
    assert phone.locator(".unanswered").count() == 1


def test_an_order_without_an_answer_is_sent_again_unchanged_after_a_reload(phone):
    api = begin_sale(phone)
    lose_the_answer(phone, api)
    add(phone, "BRS-01", "Beras")

    phone.reload()
    phone.get_by_role("button", name="Kirim ulang").click()

    phone.get_by_text("Pesanan SK-NEW0-1 dibuat").wait_for()
    first, again = api.requests_to(PLACE)
    assert (first.body, key_of(first)) == (again.body, key_of(again))
    assert phone.locator("#picked li").count() == 1


def test_an_order_that_had_arrived_is_shown_when_it_is_to_be_discarded(phone):
    api = begin_sale(phone)
    lose_the_answer(phone, api)
    api.handlers["POST /orders/withdraw"] = lambda request: (200, {"answer": an_order()})

    phone.get_by_role("button", name="Buang setelah diperiksa").click()

    phone.get_by_text("Pesanan SK-7H2K-4 dibuat").wait_for()
    [sent], [asked] = api.requests_to(PLACE), api.requests_to("POST /orders/withdraw")
    assert (sent.body, key_of(sent)) == (asked.body, key_of(asked))
    assert phone.locator(".unanswered").count() == 0


def test_an_order_is_not_discarded_while_the_api_cannot_be_asked(phone):
    api = begin_sale(phone)
    lose_the_answer(phone, api)
    api.unreachable.add("POST /orders/withdraw")

    phone.get_by_role("button", name="Buang setelah diperiksa").click()

    phone.locator(".toast").get_by_text("Tidak ada sambungan.").wait_for()
    phone.reload()
    phone.locator(".unanswered").wait_for()


def test_an_order_refused_when_it_is_sent_again_goes_back_to_the_form(phone):
    api = begin_sale(phone)
    lose_the_answer(phone, api)
    api.handlers[PLACE] = lambda request: a_problem(409, "out_of_stock")

    phone.get_by_role("button", name="Kirim ulang").click()
    phone.get_by_role("button", name="Ubah").click()

    assert phone.locator("#picked li").all_inner_texts()[0].startswith("Kopi Gayo")
    assert phone.get_by_label("Alamat").input_value() == "Jl. Kenanga 5"
    assert phone.locator(".unanswered").count() == 0


def test_a_coupon_that_takes_nothing_off_is_refused_with_its_reason_before_ordering(phone):
    api = begin_sale(phone)
    facts = {"coupon": "LEBARAN", "cause": "minimum_not_reached"}
    api.handlers["POST /quotes"] = lambda request: a_problem(409, "coupon_does_not_apply", **facts)

    phone.get_by_label("Kode kupon").fill("lebaran")
    phone.get_by_label("Kode kupon").press("Tab")

    phone.locator("#price").get_by_text("Perlu barang atau total belanja lebih banyak, atau barang lain.").wait_for()
    assert api.requests_to("POST /quotes")[-1].body["coupons"] == ["LEBARAN"]


def test_an_unfinished_sale_survives_another_tab_and_a_reload(phone):
    begin_sale(phone)

    phone.locator("[data-tab=inbox]").click()
    phone.locator("[data-tab=sell]").click()
    phone.locator("#picked li").wait_for()
    phone.reload()

    phone.locator("#picked li").wait_for()
    assert phone.get_by_label("Nama").input_value() == "Warung Bu Tini"
    assert phone.get_by_label("Alamat").input_value() == "Jl. Kenanga 5"


def test_steppers_name_their_product_and_keep_the_focus(phone):
    begin_sale(phone)

    phone.get_by_role("button", name="Tambah Kopi Gayo").press("Enter")
    phone.keyboard.press("Enter")

    assert phone.locator("#picked output").inner_text() == "3"
    assert phone.evaluate("document.activeElement.ariaLabel").startswith("Tambah Kopi Gayo")


def test_an_unknown_barcode_is_reported_and_replaced_by_the_next_scan(phone):
    sign_in(phone, "agent")
    search = phone.get_by_role("searchbox")

    search.fill("8990000000000")
    search.press("Enter")

    phone.get_by_text("Tidak ada barang yang cocok dengan 8990000000000.").wait_for()
    phone.keyboard.type("BRS-01\n")
    phone.locator("#picked li").wait_for()


def test_a_missing_address_is_reported_at_its_field(phone):
    api = begin_sale(phone)
    phone.get_by_label("Alamat").fill("")

    phone.get_by_role("button", name="Buat pesanan").click()

    assert phone.locator(".wrong").all_inner_texts() == ["Alamat: tulis jalan dan nomornya."]
    assert phone.evaluate("document.activeElement.name") == "street"
    assert api.requests_to(PLACE) == []


def test_an_error_of_the_api_is_reported_at_its_field_and_gone_after_success(phone):
    api = begin_sale(phone)
    api.handlers[PLACE] = lambda request: a_problem(
        422, "invalid", errors=[{"field": "customer.phone", "says": "is not a number"}]
    )
    phone.get_by_role("button", name="Buat pesanan").click()
    phone.locator(".wrong").wait_for()
    focused = phone.evaluate("document.activeElement.name")
    api.handlers[PLACE] = lambda request: (201, an_order(total=rupiah(58_000)))

    phone.get_by_role("button", name="Buat pesanan").click()

    phone.get_by_text("Pesanan SK-7H2K-4 dibuat").wait_for()
    assert focused == "phone"
    assert phone.locator(".toast.bad").count() == 0
    assert phone.evaluate("document.activeElement.textContent") == "Pesanan berikutnya"


def test_a_message_does_not_cover_the_button_just_pressed(phone):
    api = begin_sale(phone)
    api.handlers[PLACE] = lambda request: a_problem(409, "out_of_stock")
    button = phone.get_by_role("button", name="Buat pesanan")

    button.click()
    phone.locator(".toast").wait_for()

    pressed, toast = button.bounding_box(), phone.locator(".toast").bounding_box()
    assert pressed["y"] >= toast["y"] + toast["height"] or toast["y"] >= pressed["y"] + pressed["height"]


def test_the_till_does_not_push_the_form_down_while_it_loads(phone):
    phone.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.shift += entry.value }).observe({type: 'layout-shift', buffered: true})"
    )
    sign_in(phone, "cashier", "st-darmo")

    phone.get_by_role("button", name="Buat pesanan").wait_for()
    phone.wait_for_load_state("networkidle")

    assert phone.evaluate("window.shift") < 0.02
    assert phone.locator("[aria-current]").get_attribute("aria-current") == "page"
