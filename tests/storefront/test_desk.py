"""The staff desk in a phone browser, with a stub of the API."""

import pytest

from tests.storefront.build import rupiah
from tests.storefront.stub_api import a_problem
from tests.storefront.stub_desk_api import (
    OFFER,
    ORDER,
    WORK,
    a_desk,
    a_page,
    a_recap,
    an_exception,
    an_offer,
    an_offer_notice,
    respond_with,
    some_work,
)

pytestmark = pytest.mark.browser


def sign_in(phone, role, location=None):
    api = a_desk(role, location)
    phone.route("**/api/**", api.route)
    phone.goto("/desk/#token=the-token")
    phone.get_by_text("Budi Santoso").wait_for()
    return api


def test_the_token_of_a_link_is_stored_and_removed_from_the_address(phone):
    api = sign_in(phone, "salesman", "van-budi")

    assert "the-token" not in phone.url
    assert api.requests_to("GET /me")[0].headers["authorization"] == "Bearer the-token"
    phone.reload()
    phone.get_by_text("Budi Santoso").wait_for()


def test_a_salesman_claims_an_offer_and_sees_it_in_the_work_list(phone):
    api = sign_in(phone, "salesman", "van-budi")
    won = some_work(status="accepted", kind="van", location="van-budi")
    api.handlers[f"POST /offers/{OFFER}/claim"] = lambda request: (
        200,
        an_offer(status="claimed_by_you", fulfillment=won),
    )
    api.handlers["POST /inbox/evt_1/ack"] = lambda request: (200, an_offer_notice())
    api.handlers["GET /fulfillments"] = lambda request: (200, a_page(won))

    phone.get_by_role("button", name="Ambil").click()

    phone.get_by_role("button", name="Berangkat").wait_for()
    assert len(api.requests_to(f"POST /offers/{OFFER}/claim")) == 1
    assert phone.get_by_text("Tagih tunai Rp131.000").count() == 1


def test_a_claim_that_came_too_late_shows_that_it_was_claimed(phone):
    api = sign_in(phone, "salesman", "van-budi")
    api.handlers[f"POST /offers/{OFFER}/claim"] = lambda request: a_problem(409, "already_claimed")

    phone.get_by_role("button", name="Ambil").click()

    phone.get_by_text("Sudah diambil salesman lain.").wait_for()


def test_one_screen_shows_what_a_customer_owes_and_the_credit_left(phone):
    sign_in(phone, "salesman", "van-budi")
    phone.get_by_role("link", name="Pelanggan").click()

    phone.get_by_label("Nomor HP pelanggan").fill("081252981234")
    phone.get_by_role("button", name="Cari").click()

    phone.get_by_text("Rp1.250.000").wait_for()
    assert phone.get_by_text("Rp750.000").count() == 1
    assert phone.get_by_text("12 hari").count() == 1


def test_the_warehouse_accepts_picks_packs_and_sends(phone):
    api = sign_in(phone, "warehouse", "wh-rungkut")
    steps = [
        ("accept", "Terima", "accepted"),
        ("pick", "Mulai ambil barang", "picking"),
        ("ready", "Barang siap", "ready"),
    ]
    steps += [("dispatch", "Berangkat", "in_transit"), ("deliver", "Sudah diterima pelanggan", "delivered")]
    for verb, _, status in steps:
        api.handlers[f"POST /fulfillments/{WORK}/{verb}"] = advance_to(api, status)
    phone.get_by_role("link", name="Kerja", exact=True).click()

    for verb, label, _ in steps:
        phone.get_by_role("button", name=label, exact=True).click()
        if verb == "deliver":
            phone.get_by_role("button", name="Ya, saya terima Rp131.000").click()
        phone.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
        assert len(api.requests_to(f"POST /fulfillments/{WORK}/{verb}")) == 1

    phone.get_by_text("Tidak ada pekerjaan sekarang.").wait_for()
    assert phone.locator(".toast").inner_text() == "Rp131.000 dicatat di tunai Anda."


def advance_to(api, status):
    def step(request):
        work = some_work(status=status)
        api.handlers["GET /fulfillments"] = lambda _: (200, a_page(*([] if status == "delivered" else [work])))
        return 200, work

    return step


def test_work_is_rejected_with_one_of_the_reasons(phone):
    api = sign_in(phone, "warehouse", "wh-rungkut")
    api.handlers[f"POST /fulfillments/{WORK}/reject"] = advance_to(api, "delivered")
    phone.get_by_role("link", name="Kerja", exact=True).click()

    phone.get_by_role("button", name="Tidak bisa").click()
    phone.get_by_role("button", name="Barang tidak ketemu").click()

    phone.get_by_text("Tidak ada pekerjaan sekarang.").wait_for()
    assert api.requests_to(f"POST /fulfillments/{WORK}/reject")[0].body == {"reason": "not_found"}


@pytest.mark.parametrize("language, says", [("id", "saat bagian terakhir tiba"), ("en", "with the last part")])
def test_a_partial_delivery_shows_that_cash_is_collected_with_the_last(phone, language, says):
    api = sign_in(phone, "salesman", "van-budi")
    work = some_work(kind="van", location="van-budi", status="accepted")
    api.handlers["GET /fulfillments"] = respond_with(a_page(work | {"cash_with_last": True}, work | {"id": "ful_2-1"}))
    api.handlers[f"GET /offers/{OFFER}"] = respond_with(an_offer(cash_with_last=True))
    if language == "en":
        phone.get_by_role("button", name="English").click()
    else:
        phone.reload()

    phone.locator(".cash").get_by_text(says).wait_for()
    phone.locator("[data-tab=work]").click()
    phone.locator(".cash").nth(1).wait_for()

    assert [says in text for text in phone.locator(".cash").all_inner_texts()] == [True, False]


def test_an_agent_places_a_phone_order_at_the_quoted_price(phone):
    api = sign_in(phone, "agent")
    api.handlers["POST /orders"] = lambda request: (201, order_response(request))
    phone.get_by_label("Nomor HP").fill("081252981234")
    phone.get_by_label("Nomor HP").press("Tab")
    phone.get_by_role("searchbox").fill("kopi gayo")
    phone.get_by_role("button", name="Kopi Gayo").click()
    phone.get_by_label("Alamat").fill("Jl. Kenanga 5")
    phone.get_by_label("Kode pos").fill("60241")

    phone.get_by_role("button", name="Buat pesanan").click()

    phone.get_by_text("Pesanan SK-7H2K-4 dibuat").wait_for()
    placed = api.requests_to("POST /orders")[0]
    assert placed.body["channel"] == "phone"
    assert placed.body["customer"] == {"id": "cus_1"}
    assert placed.body["lines"] == [{"sku": "KOPI-01", "quantity": 1}]
    assert placed.body["payments"] == [{"method": "transfer"}]
    assert len(placed.headers["idempotency-key"]) == 32


def order_response(request):
    from tests.storefront.stub_api import an_order

    return an_order(channel=request.body["channel"])


def test_enter_in_an_empty_search_adds_no_product(phone):
    """Most products have no barcode; an empty input must not match them."""
    sign_in(phone, "agent")

    phone.get_by_role("searchbox").press("Enter")
    phone.get_by_role("searchbox").fill("BRS-01")
    phone.get_by_role("searchbox").press("Enter")

    phone.locator("#picked li").wait_for()
    picked = [text.split("\n")[0] for text in phone.locator("#picked li").all_inner_texts()]
    assert picked == ["Beras Pandan Wangi 5 kg"]


def test_the_owner_sees_the_recap_and_the_exceptions(phone):
    sign_in(phone, "owner")

    phone.get_by_role("cell", name="Rp1.275.000").first.wait_for()
    phone.get_by_role("link", name="Papan").click()
    phone.get_by_text("Tidak ada yang bisa mengirim").wait_for()


def test_a_line_of_the_recap_leads_to_its_orders(phone):
    api = sign_in(phone, "owner")
    by_day = a_recap()
    by_day["items"][0] |= {"day": "2026-11-20"}
    api.handlers["GET /reports/recap"] = respond_with(by_day)
    phone.get_by_label("Menurut").select_option("day")

    phone.get_by_role("link", name="20 Nov 2026").click()

    phone.get_by_role("link", name="SK-7H2K-4").wait_for()
    assert api.requests_to("GET /orders")[-1].query["day"] == ["2026-11-20"]
    assert phone.get_by_label("Hari").input_value() == "2026-11-20"


def test_an_order_is_found_on_any_day_by_one_search_field(phone):
    api = sign_in(phone, "owner")
    phone.get_by_role("link", name="Pesanan").click()

    phone.get_by_label("Nomor, HP, nama, atau referensi").fill(" sk7h2k4 ")
    phone.get_by_label("Nomor, HP, nama, atau referensi").press("Enter")

    phone.get_by_role("link", name="SK-7H2K-4").wait_for()
    assert api.requests_to("GET /orders")[-1].query == {"q": ["sk7h2k4"]}


def test_an_invalid_token_leads_back_to_sign_in(phone):
    api = a_desk("salesman", "van-budi")
    api.handlers["GET /me"] = lambda request: a_problem(401, "not_signed_in")
    phone.route("**/api/**", api.route)

    phone.goto("/desk/#token=old")

    phone.get_by_text("Anda sudah keluar di perangkat ini").wait_for()


def test_a_salesman_signs_in_with_the_code_and_out_again(phone):
    api = a_desk("salesman", "van-budi")
    api.handlers["POST /sign-in"] = lambda request: (
        202,
        {"attempt": "att_1", "expires_at": "2026-11-22T09:25:00.000Z"},
    )
    answers = [a_problem(401, "wrong_code"), (201, {"token": "new-token", "device": "this-device"})]
    api.handlers["POST /sign-in/confirm"] = lambda request: answers.pop(0)
    api.handlers["POST /sign-out"] = respond_with({"signed_out": True})
    phone.route("**/api/**", api.route)
    phone.goto("/desk/")

    phone.get_by_label("Nomor HP atau email").fill("0811 0000 0003")
    phone.get_by_role("button", name="Kirim kode").click()
    phone.get_by_label("Kode enam angka").fill("111111")
    phone.get_by_role("button", name="Masuk", exact=True).click()
    phone.get_by_text("Kode salah atau sudah habis waktunya").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_label("Kode enam angka").fill("123456")
    phone.get_by_role("button", name="Masuk", exact=True).click()
    phone.get_by_text("Budi Santoso").wait_for()

    assert api.requests_to("POST /sign-in")[0].body == {"phone": "0811 0000 0003"}
    assert api.requests_to("POST /sign-in/confirm")[1].body == {"attempt": "att_1", "code": "123456"}
    assert api.requests_to("GET /me")[0].headers["authorization"] == "Bearer new-token"
    phone.get_by_role("button", name="Keluar").click()
    phone.get_by_label("Nomor HP atau email").wait_for()
    assert api.requests_to("POST /sign-out")[0].headers["authorization"] == "Bearer new-token"


def test_a_link_asks_before_it_signs_in_another_person(phone):
    api = sign_in(phone, "salesman", "van-budi")
    people = {"Bearer the-token": "Budi Santoso", "Bearer other": "Dewi Lestari"}
    api.handlers["GET /me"] = lambda request: (
        200,
        {"id": people[request.headers["authorization"]], "role": "salesman", "location": None}
        | {"name": people[request.headers["authorization"]]},
    )
    phone.goto("about:blank")
    phone.goto("/desk/#token=other")

    phone.get_by_text("Di perangkat ini Budi Santoso sudah masuk").wait_for()
    assert "other" not in phone.url
    phone.get_by_role("button", name="Tetap Budi Santoso").click()
    phone.locator("header").get_by_text("Budi Santoso").wait_for()


@pytest.mark.parametrize(
    "role, tabs", [("salesman", "inbox work stock customer sell"), ("owner", "recap board orders sell stock inbox")]
)
def test_no_screen_is_wider_than_the_phone(phone, role, tabs):
    sign_in(phone, role, "van-budi" if role == "salesman" else None)

    for tab in tabs.split():
        phone.locator(f"[data-tab={tab}]").click()
        phone.wait_for_load_state("networkidle")
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab


def test_the_board_renews_itself_and_keeps_the_focus_on_its_card(phone):
    phone.clock.install()
    api = sign_in(phone, "owner")
    phone.locator("[data-tab=board]").click()
    phone.locator("#screen").get_by_role("button", name="Pesanan", exact=True).focus()
    older = an_exception() | {"order": "ord_2", "number": "SK-0LDE-R"}
    api.handlers["GET /exceptions"] = respond_with(a_page(older, an_exception()))

    phone.clock.fast_forward("00:11")

    phone.get_by_text("SK-0LDE-R").wait_for()
    assert phone.evaluate("document.activeElement.hash") == f"#/orders/{ORDER}"


def test_the_board_cancels_an_order_only_with_a_reason_from_the_person_who_cancels(phone):
    api = sign_in(phone, "owner")
    action = {"method": "POST", "path": f"/orders/{ORDER}/reroute"}
    cancel = {"method": "POST", "path": f"/orders/{ORDER}/cancel"}
    returned = an_exception() | {"kind": "returned_goods", "reason": "x", "action": action, "alternative": cancel}
    api.handlers["GET /exceptions"] = respond_with(a_page(returned))
    api.handlers[f"POST /orders/{ORDER}/cancel"] = respond_with({})
    phone.locator("[data-tab=board]").click()

    phone.locator("#screen").get_by_role("button", name="Batalkan pesanan").click()
    assert not api.requests_to(f"POST /orders/{ORDER}/cancel")
    phone.get_by_label("Alasan").fill("Pembeli pindah")
    phone.get_by_role("dialog").get_by_role("button", name="Batalkan pesanan").click()

    phone.get_by_text("Beres").wait_for()
    assert api.requests_to(f"POST /orders/{ORDER}/cancel")[0].body == {"reason": "Pembeli pindah"}


def test_finance_confirms_the_amount_that_arrived_and_reads_why_too_little_is_refused(phone):
    api = sign_in(phone, "finance")
    confirm = "POST /payments/pay_1/confirm"
    facts = {"due": rupiah(131_000), "received": rupiah(130_000)}
    api.handlers[confirm] = lambda request: a_problem(409, "received_too_little", **facts)
    phone.goto(f"/desk/#/orders/{ORDER}")

    phone.get_by_label("Jumlah yang masuk").fill("130000")
    phone.get_by_role("button", name="Uang sudah masuk").click()

    phone.get_by_text("Tagihannya Rp131.000, yang masuk Rp130.000.").wait_for()
    assert api.requests_to(confirm)[0].query == {"received": ["130000"]}


@pytest.mark.parametrize("tab, name", [("orders", "GET /orders"), ("recap", "GET /reports/recap")])
def test_lists_renew_themselves_and_keep_their_rows_without_a_connection(phone, tab, name):
    phone.clock.install()
    api = sign_in(phone, "owner")
    with phone.expect_response(lambda response: response.url.partition("?")[0].endswith(name.removeprefix("GET "))):
        phone.locator(f"[data-tab={tab}]").click()
    phone.locator("#screen .number").first.wait_for()
    count = len(api.requests_to(name))
    api.unreachable.add(name)

    phone.clock.fast_forward("00:31")
    phone.wait_for_load_state("networkidle")

    assert len(api.requests_to(name)) == count + 1
    assert phone.locator("#screen .number").count() > 0


def test_a_salesman_sees_the_cash_they_collected_without_a_drawer(phone):
    api = sign_in(phone, "salesman", "van-budi")
    bag = {"id": "cod:salesman-1", "expected": rupiah(131_000)}
    api.handlers["GET /shifts/cod:salesman-1"] = respond_with(bag)

    for tab in ("work", "sell"):
        phone.locator(f"[data-tab={tab}]").click()
        phone.get_by_text("Tunai di tangan dari pengantaran: Rp131.000.").wait_for()


def test_the_link_of_the_claim_page_carries_its_language_and_leads_back(phone):
    phone.goto("/")

    phone.goto("/desk/?lang=en#/work")

    phone.get_by_text("Enter your phone number or e-mail address").wait_for()
    assert phone.url.endswith("/desk/#/work")
    phone.get_by_role("button", name="Back").click()
    phone.wait_for_url("**/")
