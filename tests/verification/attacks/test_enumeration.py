"""Enumeration: unknown and foreign objects, right and wrong guesses are answered alike, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.customers.store import VerificationCodeRow, verification_code_key
from chalicelib.customers.verification_code import derive_code
from chalicelib.kit import auth, db
from tests.client import call
from tests.shop import token
from tests.verification.attacks.actions import assert_nothing_changes, place_order, send_ok, send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.attacks.test_idor import ORDER_ENDPOINTS
from tests.verification.endpoints.sample_shop import BUDI, RATNA

KNOWN, UNKNOWN = "+6281200000009", "+6281299999999"
UNKNOWN_ORDER = "ord_01KBNOSUCHORDERATALL00000"


def assert_same(*answers: Any) -> None:
    assert len({(answer.status, answer.body, str(sorted(answer.headers.items()))) for answer in answers}) == 1


@pytest.mark.parametrize(("method", "path", "body"), ORDER_ENDPOINTS)
def test_an_unknown_order_answers_like_a_foreign_order(shop: MemoryShop, method: str, path: str, body: Any) -> None:
    """Like Saleor CVE-2026-39851 and Shopware CVE-2026-31888 (accounts could be enumerated), for orders."""
    own = shop.sample.tokens["ord_01KB"]

    with assert_nothing_changes(shop):
        foreign = send_request(shop, method, path.format(shop.sample.ids["another order"]), body, token=own)
        draft = send_request(shop, method, path.format(shop.sample.ids["a draft"]), body, token=own)
        unknown = send_request(shop, method, path.format(UNKNOWN_ORDER), body, token=own)
        forged = send_request(shop, method, path.format(UNKNOWN_ORDER), body, token=auth.order_token("ord_x"))

    assert_same(foreign, draft, unknown, forged)
    assert foreign.status == 404


def test_an_unknown_payment_answers_like_a_foreign_payment(shop: MemoryShop) -> None:
    own, body = shop.sample.tokens["ord_01KB"], {"reference": "TRF 1"}

    with assert_nothing_changes(shop):
        foreign = send_request(shop, "POST", f"/payments/{shop.sample.ids['a waiting payment']}/proof", body, token=own)
        unknown = send_request(shop, "POST", "/payments/pay_01KBNOSUCHPAYMENTATALL/proof", body, token=own)

    assert_same(foreign, unknown)
    assert foreign.status == 404


def test_placing_an_order_does_not_reveal_whether_a_phone_is_known(shop: MemoryShop) -> None:
    """Like Saleor CVE-2026-39851: a guest's response has the same fields if another customer has that number."""
    known, unknown = place_order(shop, KNOWN), place_order(shop, UNKNOWN)

    assert known.keys() == unknown.keys()
    assert known["customer_id"] != "cus_01KB"
    assert known["customer"] == {"name": "Sari", "phone": KNOWN}


def test_a_quote_does_not_reveal_whether_a_phone_is_known(shop: MemoryShop) -> None:
    def quote(phone: str) -> Any:
        lines = [{"sku": "TEH-001", "quantity": 1}]
        return send_request(shop, "POST", "/quotes", {"channel": "web", "customer": {"phone": phone}, "lines": lines})

    known = quote(KNOWN)

    assert_same(known, quote(UNKNOWN))
    assert (known.status, known.json["lines"][0]["sku"]) == (200, "TEH-001")


def test_requesting_a_code_answers_the_same_whether_one_is_sent_or_not(shop: MemoryShop) -> None:
    """Like Shopware CVE-2026-31888: for verified, just requested and missing identities."""
    first = place_order(shop, UNKNOWN)
    answers = [
        send_request(shop, "POST", "/identities/verify", identity_body(first, kind), token=first["token"])
        for kind in KINDS
    ]
    again = send_request(shop, "POST", "/identities/verify", identity_body(first, "phone"), token=first["token"])

    assert_same(*answers, again)
    assert again.status == 202


KINDS = ("phone", "email")


def identity_body(order: Any, kind: str) -> dict[str, str]:
    return {"order": order["id"], "identity": kind}


def test_wrong_old_and_unrequested_codes_answer_alike(shop: MemoryShop) -> None:
    order = place_order(shop, UNKNOWN)
    wrong = identity_body(order, "phone") | {"code": "000000"}
    unrequested = send_request(shop, "POST", "/identities/confirm", wrong, token=order["token"])
    send_ok(shop, "POST", "/identities/verify", identity_body(order, "phone"), token=order["token"])

    guesses = [send_request(shop, "POST", "/identities/confirm", wrong, token=order["token"]) for _ in range(6)]

    assert_same(unrequested, *guesses)
    assert (unrequested.status, unrequested.json["code"]) == (409, "wrong_code")


def test_after_five_wrong_guesses_the_right_code_is_refused_too(shop: MemoryShop) -> None:
    order = place_order(shop, UNKNOWN)
    send_ok(shop, "POST", "/identities/verify", identity_body(order, "phone"), token=order["token"])
    customer = send_ok(shop, "GET", f"/orders/{order['id']}", by=RATNA)["customer_id"]
    key = verification_code_key(customer, "phone")
    right = derive_code(db.get(VerificationCodeRow, key.pk, key.sk).ask_id)  # type: ignore[union-attr]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    guesses = [wrong] * 5 + [right]
    answers = [
        send_request(
            shop, "POST", "/identities/confirm", identity_body(order, "phone") | {"code": code}, token=order["token"]
        )
        for code in guesses
    ]

    assert_same(*answers)
    assert (answers[-1].status, answers[-1].json["code"]) == (409, "wrong_code")


def test_every_unknown_claim_link_answers_alike(shop: MemoryShop) -> None:
    link = shop.sample.ids["a claim link"]

    answers = [call("GET", f"/o/{token}") for token in ("AAAAAAAAAAAAAAAAAAAAAA", link[::-1], "x")]

    assert_same(*answers)
    assert answers[0].status == 404
    assert call("GET", f"/o/{link}").status == 200


def test_staff_cannot_enumerate_customers(shop: MemoryShop) -> None:
    """Staff find customers by a complete phone number or e-mail address only."""
    paths = [
        "/customers",
        "/customers?phone=0812",
        "/customers?phone=%2B62812%25",
        "/customers?email=@",
        "/customers?phone=*",
    ]

    answers = [call("GET", f"/api{path}", token=token(BUDI)) for path in paths]

    assert {answer.status for answer in answers} <= {200, 422}
    assert [answer.json.get("items", []) for answer in answers] == [[]] * len(paths)


def test_a_token_of_unknown_staff_answers_like_a_forged_one(shop: MemoryShop) -> None:
    unknown = call("GET", "/api/me", token=auth.staff_token("owner-unknown", "owner"))

    assert_same(unknown, call("GET", "/api/me", token="x.y.z"))
    assert unknown.status == 401
    assert call("GET", "/api/me", token=token(RATNA)).status == 200
