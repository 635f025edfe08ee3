"""Reading or moving what is somebody else's, by its id, a token, or an id inside something of one's own."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from chalicelib.fulfillment.store import link_token, load_case
from chalicelib.kit import auth, clock, ids
from chalicelib.places.keep import keep_staff
from chalicelib.places.model import Staff
from tests.client import call
from tests.shop import an_order
from tests.verification.attacks.acts import ask, done, nothing_moves
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.world import AGUS, BUDI, DEWI, JOKO, SINTA, SOAP, TOKOKU, drawers

OF_AN_ORDER = [
    ("GET", "/orders/{}", None),
    ("GET", "/orders/{}/delivery", None),
    ("POST", "/orders/{}/call-me", None),
    ("POST", "/orders/{}/cancel", {"reason": "changed_my_mind"}),
    ("POST", "/orders/{}/payments", {"method": "transfer"}),
]
OF_STAFF = [("GET", f"/orders/{{}}/{part}", None) for part in ("history", "routing", "notices")]


@pytest.mark.parametrize(("method", "path", "body"), OF_AN_ORDER + OF_STAFF)
def test_an_order_is_not_told_to_whoever_knows_its_id(ground: Ground, method: str, path: str, body: Any) -> None:
    """Saleor CVE-2026-24136 (and CVE-2020-7964): whoever was not signed in read who an order is for."""
    with nothing_moves(ground):
        answer = ask(ground, method, path.format(ground.world.names["ord_01KB"]), body)

    assert (answer.status, answer.json["code"]) == (401, "not_signed_in")
    assert "Sari" not in answer.text


@pytest.mark.parametrize(("method", "path", "body"), OF_AN_ORDER)
def test_the_token_of_one_order_opens_no_other(ground: Ground, method: str, path: str, body: Any) -> None:
    """Spree CVE-2026-25757: a guest's order was read by its id."""
    names, mine = ground.world.names, ground.world.tokens["ord_01KB"]

    with nothing_moves(ground):
        answer = ask(ground, method, path.format(names["another order"]), body, token=mine)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_payment_of_another_order_is_not_reached_through_ones_own(ground: Ground) -> None:
    """Sylius CVE-2024-40633, CVE-2026-31820: the way in was the id of a thing *inside* an order."""
    payment, mine = ground.world.names["a waiting payment"], ground.world.tokens["ord_01KB"]

    with nothing_moves(ground):
        answer = ask(ground, "POST", f"/payments/{payment}/proof", {"reference": "TRF 1"}, token=mine)

    assert answer.status == 404


def test_nothing_inside_an_order_shows_its_token(ground: Ground) -> None:
    """Sylius CVE-2024-40633: adjustments, read by their running numbers, showed the token of their order."""
    order = ground.world.names["ord_01KB"]
    paths = [f"/orders/{order}", f"/orders/{order}/history", f"/orders/{order}/routing", f"/orders/{order}/notices"]

    told = "".join(ask(ground, "GET", path, by="owner-ratna").text for path in [*paths, "/orders", "/inbox"])

    assert ground.world.tokens["ord_01KB"] not in told


def test_the_number_that_people_see_opens_nothing(ground: Ground) -> None:
    """Of the kind of WooCommerce Stripe CVE-2023-34000, CVE-2023-35049: what is printed on a receipt is no key."""
    order = done(ground, "GET", f"/orders/{ground.world.names['ord_01KB']}", by="owner-ratna")

    answer = ask(ground, "GET", f"/orders/{order['number']}", token=ground.world.tokens["ord_01KB"])

    assert answer.status == 404


def test_ids_cannot_be_counted_through() -> None:
    """Of the kind of Bagisto CVE-2026-21447, EverShop CVE-2025-12919: one order's id must not lead to the next."""
    now = clock.now()

    chances = sorted(ids.new("ord", now)[-16:] for _ in range(500))  # what is not the time: eighty bits

    assert all(one[:8] != next_one[:8] for one, next_one in itertools.pairwise(chances))


def test_a_codes_order_must_be_ones_own(ground: Ground) -> None:
    """Shopware CVE-2026-48016: one door took any order's id where its neighbor asked whose it is. Ours in a body."""
    other, mine = ground.world.names["another order"], ground.world.tokens["ord_01KB"]

    for path, more in [("/identities/verify", {}), ("/identities/confirm", {"code": "123456"})]:
        with nothing_moves(ground):
            answer = ask(ground, "POST", path, {"order": other, "identity": "phone"} | more, token=mine)
        assert answer.status == 404


def test_an_offer_is_shown_to_the_invited_alone(ground: Ground) -> None:
    """Of the kind of Spree CVE-2026-22588: the id of a thing is not the right to it."""
    keep_staff(Staff("salesman-eko", "Eko", "salesman"), "test")
    offer = ground.world.names["an offer"]

    for path in (f"/offers/{offer}", f"/offers/{offer}/claim", f"/offers/{offer}/decline"):
        with nothing_moves(ground):
            method = "GET" if path.endswith(offer) else "POST"
            answer = call(method, f"/api{path}", token=auth.staff_token("salesman-eko", "salesman"))
        assert answer.status in (403, 404), answer.text


def test_a_claim_link_speaks_for_one_salesman_and_one_offer(ground: Ground) -> None:
    """Payment Plugins for Stripe CVE-2026-80339: a page for paying gave away the order's key."""
    offer = ground.world.names["an offer"]
    links = {link_token(offer, who) for who in (BUDI, DEWI)}
    claimed = load_case(ground.world.names["a carried order"]).offers[-1].id

    assert len(links | {link_token(claimed, BUDI)}) == 3
    for link in links:
        assert call("GET", f"/api/offers/{offer}", query={"token": link}).status == 401
        assert call("GET", f"/o/{link[:-1]}").status == 404


def test_a_warehouse_moves_its_own_parcels_and_no_others(ground: Ground) -> None:
    """Of the kind of Spree CVE-2026-22589: who may do a thing to his own may not do it to everybody's."""
    names = ground.world.names

    for step in ("handover", "reject"):
        with nothing_moves(ground):
            body = {"reason": "damaged"} if step == "reject" else None
            answer = ask(ground, "POST", f"/fulfillments/{names['work to collect']}/{step}", body, by=JOKO)
        assert answer.status in (403, 404), answer.text


def test_a_cashier_looks_into_her_own_drawer(ground: Ground) -> None:
    """Of the kind of Saleor CVE-2026-24136, with money in it."""
    drawers(ground.world)
    of_agus = ground.world.names[f"drawer of {AGUS}"]

    answers = [ask(ground, "GET", f"/shifts/{of_agus}{part}", by=SINTA) for part in ("", "/receipts")]

    assert [answer.status for answer in answers] == [404, 404]


def test_a_notice_is_acknowledged_by_whom_it_is_for(ground: Ground) -> None:
    """Of the kind of Bagisto CVE-2026-21447: a list is somebody's own, and so is each single thing in it."""
    with nothing_moves(ground):
        answer = ask(ground, "POST", f"/inbox/{ground.world.names['a notice']}/ack", by=SINTA)

    assert answer.status == 404


def test_a_marketplace_sees_the_orders_of_its_own_key(ground: Ground) -> None:
    """Of the kind of PayPal Payments CVE-2025-14073, between two systems instead of two shoppers."""
    keep_staff(Staff("channel-other", "Other", "channel"), "test")
    order = ground.world.names["a marketplace order"]

    assert call("GET", f"/api/orders/{order}", token=auth.staff_token("channel-other", "channel")).status == 404
    assert ask(ground, "GET", f"/orders/{order}", by=TOKOKU).status == 200


def test_two_marketplaces_may_use_one_reference(ground: Ground) -> None:
    """Of the kind of Paystack CVE-2026-93370. Found here: who sent another marketplace's reference first was given its
    order, or took the reference away from it."""
    keep_staff(Staff("channel-other", "Other", "channel"), "test")
    line = {"sku": SOAP, "quantity": 1, "agreed": {"unit_price": {"amount": 9_000, "currency": "IDR"}}}
    body = an_order(channel="marketplace", lines=[line], ref="TK-77", payments=[])

    def placed(by: str) -> Any:
        return call("POST", "/api/orders", body, token=auth.staff_token(by, "channel"), key=ground.world.key())

    first, second, again = placed(TOKOKU), placed("channel-other"), placed(TOKOKU)

    assert (first.status, second.status, again.status) == (201, 201, 200)
    assert first.json["id"] != second.json["id"]
    assert again.json == first.json


def test_a_cursor_of_one_list_opens_no_other(ground: Ground) -> None:
    """Of the kind of EverShop#881: a cursor is signed for the list it came from."""
    one = done(ground, "GET", "/orders", by="owner-ratna", limit="1")["next"]

    answer = ask(ground, "GET", "/orders", by="owner-ratna", customer="cus_01KB", cursor=one)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "cursor")


def test_a_van_is_moved_by_its_own_salesman(ground: Ground) -> None:
    """Of the kind of Spree CVE-2026-22589, on the road."""
    position = {"lat": -7.1, "lon": 112.1}

    with nothing_moves(ground):
        answer = ask(ground, "PUT", "/locations/van-dewi/position", position, by=BUDI)

    assert answer.status == 403
