"""Insecure direct object references: reading or changing foreign objects by id, token or nested id."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from chalicelib.fulfillment.store import build_link_token, load_fulfillment_of_order
from chalicelib.kit import auth, clock, ids
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from tests.client import call
from tests.shop import an_order
from tests.verification.attacks.actions import assert_nothing_changes, send_ok, send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import AGUS, BUDI, DEWI, JOKO, SINTA, SOAP, TOKOKU, open_shifts

ORDER_ENDPOINTS = [
    ("GET", "/orders/{}", None),
    ("GET", "/orders/{}/delivery", None),
    ("POST", "/orders/{}/call-me", None),
    ("POST", "/orders/{}/cancel", {"reason": "changed_my_mind"}),
    ("POST", "/orders/{}/payments", {"method": "transfer"}),
]
STAFF_ENDPOINTS = [("GET", f"/orders/{{}}/{part}", None) for part in ("history", "routing", "notices")]


@pytest.mark.parametrize(("method", "path", "body"), ORDER_ENDPOINTS + STAFF_ENDPOINTS)
def test_the_id_of_an_order_gives_no_access(shop: MemoryShop, method: str, path: str, body: Any) -> None:
    """Saleor CVE-2026-24136 and CVE-2020-7964: anonymous callers could read the customer of an order."""
    with assert_nothing_changes(shop):
        answer = send_request(shop, method, path.format(shop.sample.ids["ord_01KB"]), body)

    assert (answer.status, answer.json["code"]) == (401, "not_signed_in")
    assert "Sari" not in answer.text


@pytest.mark.parametrize(("method", "path", "body"), ORDER_ENDPOINTS)
def test_the_token_of_one_order_gives_no_access_to_another(shop: MemoryShop, method: str, path: str, body: Any) -> None:
    """Spree CVE-2026-25757: a guest's order could be read by its id."""
    names, mine = shop.sample.ids, shop.sample.tokens["ord_01KB"]

    with assert_nothing_changes(shop):
        answer = send_request(shop, method, path.format(names["another order"]), body, token=mine)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_an_order_token_gives_no_access_to_payments_of_another_order(shop: MemoryShop) -> None:
    """Sylius CVE-2024-40633, CVE-2026-31820: access by the id of an object *inside* an order."""
    payment, mine = shop.sample.ids["a waiting payment"], shop.sample.tokens["ord_01KB"]

    with assert_nothing_changes(shop):
        answer = send_request(shop, "POST", f"/payments/{payment}/proof", {"reference": "TRF 1"}, token=mine)

    assert answer.status == 404


def test_no_part_of_an_order_reveals_its_token(shop: MemoryShop) -> None:
    """Sylius CVE-2024-40633: adjustments, which have sequential ids, contained the token of their order."""
    order = shop.sample.ids["ord_01KB"]
    paths = [f"/orders/{order}", f"/orders/{order}/history", f"/orders/{order}/routing", f"/orders/{order}/notices"]

    texts = "".join(send_request(shop, "GET", path, by="owner-ratna").text for path in [*paths, "/orders", "/inbox"])

    assert shop.sample.tokens["ord_01KB"] not in texts


def test_the_order_number_gives_no_access(shop: MemoryShop) -> None:
    """Like WooCommerce Stripe CVE-2023-34000, CVE-2023-35049: the number on a receipt is not a secret."""
    order = send_ok(shop, "GET", f"/orders/{shop.sample.ids['ord_01KB']}", by="owner-ratna")

    answer = send_request(shop, "GET", f"/orders/{order['number']}", token=shop.sample.tokens["ord_01KB"])

    assert answer.status == 404


def test_ids_cannot_be_enumerated() -> None:
    """Like Bagisto CVE-2026-21447, EverShop CVE-2025-12919: one order's id must not reveal the next."""
    now = clock.now()

    random_parts = sorted(ids.new("ord", now)[-16:] for _ in range(500))  # the 80 bits behind the time

    assert all(first[:8] != second[:8] for first, second in itertools.pairwise(random_parts))


def test_a_code_is_requested_only_for_ones_own_order(shop: MemoryShop) -> None:
    """Shopware CVE-2026-48016: an endpoint accepted any order's id. Here the id is in the body."""
    other, mine = shop.sample.ids["another order"], shop.sample.tokens["ord_01KB"]

    for path, more in [("/identities/verify", {}), ("/identities/confirm", {"code": "123456"})]:
        with assert_nothing_changes(shop):
            answer = send_request(shop, "POST", path, {"order": other, "identity": "phone"} | more, token=mine)
        assert answer.status == 404


def test_an_offer_is_shown_only_to_invited_staff(shop: MemoryShop) -> None:
    """Like Spree CVE-2026-22588: knowing an id gives no access to the object."""
    save_staff(Staff("salesman-eko", "Eko", "salesman"), "test")
    offer = shop.sample.ids["an offer"]

    for path in (f"/offers/{offer}", f"/offers/{offer}/claim", f"/offers/{offer}/decline"):
        with assert_nothing_changes(shop):
            method = "GET" if path.endswith(offer) else "POST"
            answer = call(method, f"/api{path}", token=auth.staff_token("salesman-eko", "salesman"))
        assert answer.status in (403, 404), answer.text


def test_a_claim_link_is_valid_for_one_salesman_and_one_offer(shop: MemoryShop) -> None:
    """Payment Plugins for Stripe CVE-2026-80339: a payment page revealed the order's key."""
    offer = shop.sample.ids["an offer"]
    links = {build_link_token(offer, salesman) for salesman in (BUDI, DEWI)}
    claimed = load_fulfillment_of_order(shop.sample.ids["a carried order"]).offers[-1].id

    assert len(links | {build_link_token(claimed, BUDI)}) == 3
    for link in links:
        assert call("GET", f"/api/offers/{offer}", query={"token": link}).status == 401
        assert call("GET", f"/o/{link[:-1]}").status == 404


def test_a_warehouse_moves_only_its_own_parcels(shop: MemoryShop) -> None:
    """Like Spree CVE-2026-22589: a role may act on its own objects only."""
    names = shop.sample.ids

    for step in ("handover", "reject"):
        with assert_nothing_changes(shop):
            body = {"reason": "damaged"} if step == "reject" else None
            answer = send_request(shop, "POST", f"/fulfillments/{names['work to collect']}/{step}", body, by=JOKO)
        assert answer.status in (403, 404), answer.text


def test_a_cashier_sees_only_her_own_shift(shop: MemoryShop) -> None:
    """Like Saleor CVE-2026-24136, for cash shifts."""
    open_shifts(shop.sample)
    of_agus = shop.sample.ids[f"shift of {AGUS}"]

    answers = [send_request(shop, "GET", f"/shifts/{of_agus}{part}", by=SINTA) for part in ("", "/receipts")]

    assert [answer.status for answer in answers] == [404, 404]


def test_a_notice_is_acknowledged_only_by_its_recipient(shop: MemoryShop) -> None:
    """Like Bagisto CVE-2026-21447: access control of a list applies to its entries too."""
    with assert_nothing_changes(shop):
        answer = send_request(shop, "POST", f"/inbox/{shop.sample.ids['a notice']}/ack", by=SINTA)

    assert answer.status == 404


def test_a_marketplace_sees_only_its_own_orders(shop: MemoryShop) -> None:
    """Like PayPal Payments CVE-2025-14073, between two marketplaces instead of two shoppers."""
    save_staff(Staff("channel-other", "Other", "channel"), "test")
    order = shop.sample.ids["a marketplace order"]

    assert call("GET", f"/api/orders/{order}", token=auth.staff_token("channel-other", "channel")).status == 404
    assert send_request(shop, "GET", f"/orders/{order}", by=TOKOKU).status == 200


def test_two_marketplaces_may_use_one_reference(shop: MemoryShop) -> None:
    """Like Paystack CVE-2026-93370. Regression: a marketplace could take over another one's reference or order."""
    save_staff(Staff("channel-other", "Other", "channel"), "test")
    line = {"sku": SOAP, "quantity": 1, "agreed": {"unit_price": {"amount": 9_000, "currency": "IDR"}}}
    body = an_order(channel="marketplace", lines=[line], ref="TK-77", payments=[])

    def place(by: str) -> Any:
        return call("POST", "/api/orders", body, token=auth.staff_token(by, "channel"), key=shop.sample.next_key())

    first, second, again = place(TOKOKU), place("channel-other"), place(TOKOKU)

    assert (first.status, second.status, again.status) == (201, 201, 200)
    assert first.json["id"] != second.json["id"]
    assert again.json == first.json


def test_a_cursor_of_one_list_is_invalid_for_another(shop: MemoryShop) -> None:
    """Like EverShop#881: a cursor is signed for its list."""
    cursor = send_ok(shop, "GET", "/orders", by="owner-ratna", limit="1")["next"]

    answer = send_request(shop, "GET", "/orders", by="owner-ratna", customer="cus_01KB", cursor=cursor)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_a_van_is_moved_only_by_its_own_salesman(shop: MemoryShop) -> None:
    """Like Spree CVE-2026-22589, for the position of a van."""
    position = {"lat": -7.1, "lon": 112.1}

    with assert_nothing_changes(shop):
        answer = send_request(shop, "PUT", "/locations/van-dewi/position", position, by=BUDI)

    assert answer.status == 403
