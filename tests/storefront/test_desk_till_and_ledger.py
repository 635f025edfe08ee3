"""Tills and the day's ledger at the desk."""

import pytest

from tests.storefront.build import rupiah
from tests.storefront.stub_api import a_problem
from tests.storefront.stub_desk_api import ORDER, a_ledger, a_shift, respond_with
from tests.storefront.test_desk import sign_in

pytestmark = pytest.mark.browser


def sign_in_as_cashier(phone, shift):
    """Sign in a cashier with this shift, or without one if it is None."""
    api = sign_in(phone, "cashier", "st-darmo")
    api.handlers["GET /shifts/mine"] = respond_with(shift) if shift else lambda request: a_problem(404, "not_found")
    phone.reload()
    phone.get_by_role("button", name="Buat pesanan").wait_for()
    return api


def change_shift_to(api, shift):
    """Return a handler after which the cashier's shift is `shift`, or none if it is None."""

    def handler(request):
        api.handlers["GET /shifts/mine"] = respond_with(shift) if shift else lambda _: a_problem(404, "not_found")
        return 200, shift or a_shift(status="closed")

    return handler


def a_counted_shift(amount):
    return a_shift(status="counted", counted=rupiah(amount), variance=rupiah(amount - 625_000))


def enter_count(phone, amount):
    phone.get_by_text("Di laci Anda seharusnya ada Rp625.000").click()
    phone.get_by_label("Uang yang terhitung").fill(str(amount))
    phone.get_by_role("button", name="Simpan hitungan").click()


def test_a_cashier_counts_the_till_and_closes_it_with_a_reason_for_the_shortage(phone):
    api = sign_in_as_cashier(phone, a_shift())
    api.handlers["POST /shifts/shf_1/count"] = change_shift_to(api, a_counted_shift(620_000))
    api.handlers["POST /shifts/shf_1/close"] = change_shift_to(api, None)

    enter_count(phone, 620_000)
    phone.get_by_text("Kurang Rp5.000").wait_for()
    phone.get_by_label("Sebab selisih").fill("salah kembalian")
    phone.get_by_role("button", name="Tutup laci").click()
    phone.get_by_role("button", name="Buka laci").wait_for()

    [counted], [closed] = api.requests_to("POST /shifts/shf_1/count"), api.requests_to("POST /shifts/shf_1/close")
    assert counted.body == {"counted": rupiah(620_000)}
    assert closed.body == {"reason": "salah kembalian"}
    assert counted.headers["idempotency-key"] != closed.headers["idempotency-key"]


def test_a_till_with_a_variance_is_not_closed_without_a_reason(phone):
    api = sign_in_as_cashier(phone, a_counted_shift(620_000))

    phone.get_by_role("button", name="Tutup laci").click()

    assert phone.get_by_label("Sebab selisih").evaluate("input => input === document.activeElement")
    assert api.requests_to("POST /shifts/shf_1/close") == []


def test_a_till_without_variance_is_closed_without_a_reason(phone):
    api = sign_in_as_cashier(phone, a_counted_shift(625_000))
    api.handlers["POST /shifts/shf_1/close"] = change_shift_to(api, None)

    phone.get_by_text("Pas", exact=True).wait_for()
    assert phone.get_by_label("Sebab selisih").count() == 0
    phone.get_by_role("button", name="Tutup laci").click()

    phone.get_by_role("button", name="Buka laci").wait_for()
    assert api.requests_to("POST /shifts/shf_1/close")[0].body == {"reason": ""}


def test_a_count_is_corrected_before_closing(phone):
    api = sign_in_as_cashier(phone, a_counted_shift(620_000))
    api.handlers["POST /shifts/shf_1/count"] = change_shift_to(api, a_counted_shift(626_000))

    phone.get_by_text("Hitung ulang").click()
    phone.get_by_label("Uang yang terhitung").fill("626000")
    phone.get_by_role("button", name="Simpan hitungan").click()

    phone.get_by_text("Lebih Rp1.000").wait_for()
    assert api.requests_to("POST /shifts/shf_1/count")[0].body == {"counted": rupiah(626_000)}


def test_a_refused_count_shows_the_reason_and_keeps_the_input(phone):
    api = sign_in_as_cashier(phone, a_shift())
    api.handlers["POST /shifts/shf_1/count"] = lambda request: a_problem(409, "shift_not_open")

    enter_count(phone, 620_000)

    phone.get_by_text("Laci sudah dihitung: uang tidak bisa lewat lagi.").wait_for()
    assert phone.get_by_label("Uang yang terhitung").input_value() == "620000"


def test_the_till_is_shown_in_english_too(phone):
    sign_in_as_cashier(phone, a_counted_shift(620_000))

    phone.get_by_role("button", name="English").click()

    phone.get_by_text("Rp5.000 short").wait_for()
    assert phone.get_by_role("button", name="Close drawer").count() == 1


def open_ledger(phone, ledger):
    api = sign_in(phone, "finance")
    api.handlers["GET /reports/ledger"] = respond_with(ledger)
    phone.get_by_role("link", name="Buku").click()
    return api


def test_finance_sees_that_ledger_and_payments_match(phone):
    open_ledger(phone, a_ledger())

    phone.get_by_text("Buku dan pembayaran cocok.").wait_for()
    figures = phone.locator(".figures dd").all_inner_texts()
    assert figures == ["Rp131.000", "Rp64.000", "Rp195.000"]
    assert phone.locator("caption").all_inner_texts() == ["Uang masuk", "Dijanjikan, belum masuk"]
    assert phone.get_by_role("row", name="Transfer Web 1 Rp64.000").count() == 1


def test_finance_finds_a_link_to_every_unmatched_order(phone):
    wrong = {"payment_id": "pay_1", "order_id": ORDER, "payment_minor": 131_000, "ledger_minor": 130_000}
    open_ledger(phone, a_ledger(matched=False, unmatched=[wrong]))

    alert = phone.get_by_role("alert")
    alert.get_by_text("1 pembayaran tidak cocok dengan buku").wait_for()
    assert alert.get_by_text("pembayaran Rp131.000, buku Rp130.000").count() == 1
    alert.get_by_role("link", name="Pesanan").click()
    phone.get_by_role("heading", name="SK-7H2K-4").wait_for()


def test_choosing_another_day_loads_its_ledger(phone):
    api = open_ledger(phone, a_ledger())
    phone.get_by_text("Buku dan pembayaran cocok.").wait_for()
    api.handlers["GET /reports/ledger"] = respond_with(a_ledger(items=[], totals={}))

    phone.get_by_label("Hari").fill("2026-01-31")

    phone.get_by_text("Tidak ada uang yang tercatat pada hari itu.").wait_for()
    assert api.requests_to("GET /reports/ledger")[-1].query == {"day": ["2026-01-31"]}


def test_the_ledger_is_shown_in_english_too(phone):
    open_ledger(phone, a_ledger())

    phone.get_by_role("button", name="English").click()

    phone.get_by_role("link", name="Ledger").click()
    phone.get_by_text("Ledger and payments agree.").wait_for()


def test_a_cashier_receives_the_cash_of_a_courier_into_the_drawer(phone):
    api = sign_in(phone, "cashier", "st-darmo")
    api.handlers["GET /shifts/mine"] = respond_with(a_shift())
    bag = {"id": "cod:courier-agus", "cashier": "courier-agus", "name": "Agus", "expected": rupiah(300_000)}
    api.handlers["GET /cash-bags"] = respond_with({"items": [bag], "next": None})
    api.handlers["POST /shifts/cod:courier-agus/handover"] = lambda request: (201, {"id": "hov_1"})
    phone.reload()

    phone.get_by_role("button", name="Terima Rp300.000 dari Agus").click()

    phone.get_by_text("Rp300.000 diterima dari Agus.").wait_for()
    [received] = api.requests_to("POST /shifts/cod:courier-agus/handover")
    assert received.body == {"amount": rupiah(300_000)}
