"""Draft orders: staff send a pay link from the desk, and the customer chooses a payment method."""

import pytest

from tests.storefront.build import rupiah
from tests.storefront.stub_api import StubApi, a_line, a_problem, an_order
from tests.storefront.test_desk import sign_in

pytestmark = pytest.mark.browser
PAY = "POST /orders/ord_1/payments"


def a_draft(**facts):
    draft = {"id": "ord_1", "number": "SK-7H2K-4", "channel": "phone", "status": "draft", "payment_status": "unpaid"}
    draft |= {"fulfillment_status": "unassigned", "made_at": "2026-11-22T09:15:00.000Z", "note": None}
    draft |= {"valid_until": "2026-11-29T09:15:00.000Z", "total": rupiah(116_000)}
    draft |= {"lines": [a_line("KOPI-01", 2, "Kopi Gayo 200 g", 58_000)]}
    address = {"street": "Jl. Kenanga 5", "city": "", "postcode": "60241", "country": "ID"}
    return draft | {"delivery": {"method": "ship", "location": None, "address": address}} | facts


@pytest.fixture
def api(phone):
    stub = StubApi()
    stub.handlers = {"GET /orders/ord_1": lambda request: (200, a_draft())}
    phone.route("**/api/**", stub.route)
    phone.goto("/pesanan/?id=ord_1&token=0.secret")
    return stub


def test_a_customer_sees_the_draft_and_its_expiry(phone, api):
    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()

    assert phone.get_by_text("Harga ini berlaku sampai 29 Nov, 16.15 WIB.").count() == 1
    assert phone.get_by_role("button", name="Setuju, pesan · Rp116.000").count() == 1


def test_choosing_a_payment_method_places_the_draft(phone, api):
    def place(request):
        api.handlers["GET /orders/ord_1"] = lambda _: (200, an_order())
        return 200, an_order()

    api.handlers[PAY] = place
    phone.get_by_label("Transfer bank").check()

    phone.get_by_role("button", name="Setuju, pesan").click()

    phone.get_by_text("Bank Contoh 000-123-4567").wait_for()
    [paid] = api.requests_to(PAY)
    assert (paid.body, paid.query["token"]) == ({"method": "transfer"}, ["0.secret"])
    assert len(paid.headers["idempotency-key"]) == 32


def test_an_expired_draft_is_refused_with_a_message(phone, api):
    api.handlers[PAY] = lambda request: a_problem(409, "draft_gone")

    phone.get_by_label("Transfer bank").check()
    phone.get_by_role("button", name="Setuju, pesan").click()

    phone.get_by_text("Penawaran ini sudah dipesan atau sudah lewat waktunya.").wait_for()


def test_a_draft_is_among_the_orders_of_this_device(phone, api):
    phone.get_by_role("heading", name="Pesanan SK-7H2K-4").wait_for()

    phone.goto("/pesanan/")

    phone.get_by_role("link", name="SK-7H2K-4").wait_for()


def prepare_draft(phone, role):
    desk = sign_in(phone, role)
    desk.handlers["POST /drafts"] = lambda request: (201, a_draft())
    desk.handlers["POST /drafts/ord_1/pay-link"] = lambda request: (200, {"url": "/pesanan/?id=ord_1&token=0.secret"})
    phone.get_by_label("Nomor HP").fill("081252981299")
    phone.get_by_role("searchbox").fill("kopi gayo")
    phone.get_by_role("button", name="Kopi Gayo").click()
    return desk


def test_an_agent_sends_a_pay_link_instead_of_ordering(phone):
    desk = prepare_draft(phone, "agent")

    phone.get_by_role("button", name="Kirim tautan bayar ke pelanggan").click()

    phone.get_by_text("Tautan bayar untuk SK-7H2K-4 dikirim").wait_for()
    [created], [sent] = desk.requests_to("POST /drafts"), desk.requests_to("POST /drafts/ord_1/pay-link")
    assert (created.body["channel"], created.body["lines"]) == ("phone", [{"sku": "KOPI-01", "quantity": 1}])
    assert "payments" not in created.body
    assert created.headers["idempotency-key"] != sent.headers["idempotency-key"]
    assert desk.requests_to("POST /orders") == []


def test_an_unsent_link_is_retried_for_the_same_draft(phone):
    desk = prepare_draft(phone, "agent")
    desk.unreachable.add("POST /drafts/ord_1/pay-link")
    phone.get_by_role("button", name="Kirim tautan bayar ke pelanggan").click()
    phone.get_by_text("Tidak ada sambungan.").wait_for()

    desk.unreachable.clear()
    phone.get_by_role("button", name="Kirim ulang").click()

    phone.get_by_text("Tautan bayar untuk SK-7H2K-4 dikirim").wait_for()
    assert len({request.headers["idempotency-key"] for request in desk.requests_to("POST /drafts")}) == 1


def test_a_cashier_sends_no_links(phone):
    sign_in(phone, "cashier", "st-darmo")

    phone.get_by_role("button", name="Buat pesanan").wait_for()

    assert phone.get_by_role("button", name="Kirim tautan bayar").count() == 0
