"""Asking until the answer differs: unknown and not yours, right and wrong, must look alike byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.customers.code import code_for
from chalicelib.customers.store import AskRow, ask_key
from chalicelib.kit import auth, db
from tests.client import call
from tests.shop import token
from tests.verification.attacks.acts import ask, done, nothing_moves, ordered
from tests.verification.attacks.ground import Ground
from tests.verification.attacks.test_idor import OF_AN_ORDER
from tests.verification.endpoints.world import BUDI, RATNA

KNOWN, UNKNOWN = "+6281200000009", "+6281299999999"
NOWHERE = "ord_01KBNOSUCHORDERATALL00000"


def same(*answers: Any) -> None:
    assert len({(answer.status, answer.body, str(sorted(answer.headers.items()))) for answer in answers}) == 1


@pytest.mark.parametrize(("method", "path", "body"), OF_AN_ORDER)
def test_an_unknown_order_answers_like_somebody_elses(ground: Ground, method: str, path: str, body: Any) -> None:
    """Saleor CVE-2026-39851, Shopware CVE-2026-31888 (accounts could be counted out), for orders."""
    mine = ground.world.tokens["ord_01KB"]

    with nothing_moves(ground):
        theirs = ask(ground, method, path.format(ground.world.names["another order"]), body, token=mine)
        draft = ask(ground, method, path.format(ground.world.names["a draft"]), body, token=mine)
        nobodys = ask(ground, method, path.format(NOWHERE), body, token=mine)
        forged = ask(ground, method, path.format(NOWHERE), body, token=auth.order_token("ord_x"))

    same(theirs, draft, nobodys, forged)
    assert theirs.status == 404


def test_an_unknown_payment_answers_like_somebody_elses(ground: Ground) -> None:
    mine, said = ground.world.tokens["ord_01KB"], {"reference": "TRF 1"}

    with nothing_moves(ground):
        theirs = ask(ground, "POST", f"/payments/{ground.world.names['a waiting payment']}/proof", said, token=mine)
        nobodys = ask(ground, "POST", "/payments/pay_01KBNOSUCHPAYMENTATALL/proof", said, token=mine)

    same(theirs, nobodys)
    assert theirs.status == 404


def test_placing_an_order_does_not_tell_whether_a_phone_is_known(ground: Ground) -> None:
    """Of the kind of Saleor CVE-2026-39851: a guest's answer is of one shape, whoever else has that number."""
    known, unknown = ordered(ground, KNOWN), ordered(ground, UNKNOWN)

    assert known.keys() == unknown.keys()
    assert known["customer_id"] != "cus_01KB"
    assert known["customer"] == {"name": "Sari", "phone": KNOWN}


def test_a_quote_does_not_tell_whether_a_phone_is_known(ground: Ground) -> None:
    def quoted(phone: str) -> Any:
        lines = [{"sku": "TEH-001", "quantity": 1}]
        return ask(ground, "POST", "/quotes", {"channel": "web", "customer": {"phone": phone}, "lines": lines})

    known = quoted(KNOWN)

    same(known, quoted(UNKNOWN))
    assert (known.status, known.json["lines"][0]["sku"]) == (200, "TEH-001")


def test_asking_for_a_code_says_the_same_whether_one_is_due_or_not(ground: Ground) -> None:
    """Of the kind of Shopware CVE-2026-31888: proven already, just asked for, or nothing there to prove."""
    first = ordered(ground, UNKNOWN)
    answers = [ask(ground, "POST", "/identities/verify", said(first, kind), token=first["token"]) for kind in KINDS]
    again = ask(ground, "POST", "/identities/verify", said(first, "phone"), token=first["token"])

    same(*answers, again)
    assert again.status == 202


KINDS = ("phone", "email")


def said(order: Any, kind: str) -> dict[str, str]:
    return {"order": order["id"], "identity": kind}


def test_a_wrong_code_an_old_one_and_none_asked_for_answer_alike(ground: Ground) -> None:
    order = ordered(ground, UNKNOWN)
    wrong = said(order, "phone") | {"code": "000000"}
    none_asked = ask(ground, "POST", "/identities/confirm", wrong, token=order["token"])
    done(ground, "POST", "/identities/verify", said(order, "phone"), token=order["token"])

    guesses = [ask(ground, "POST", "/identities/confirm", wrong, token=order["token"]) for _ in range(6)]

    same(none_asked, *guesses)
    assert (none_asked.status, none_asked.json["code"]) == (409, "wrong_code")


def test_a_code_is_guessed_five_times_and_then_the_right_one_is_wrong_too(ground: Ground) -> None:
    order = ordered(ground, UNKNOWN)
    done(ground, "POST", "/identities/verify", said(order, "phone"), token=order["token"])
    customer = done(ground, "GET", f"/orders/{order['id']}", by=RATNA)["customer_id"]
    key = ask_key(customer, "phone")
    right = code_for(db.get(AskRow, key.pk, key.sk).ask_id)  # type: ignore[union-attr]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    guesses = [wrong] * 5 + [right]
    answers = [
        ask(ground, "POST", "/identities/confirm", said(order, "phone") | {"code": each}, token=order["token"])
        for each in guesses
    ]

    same(*answers)
    assert (answers[-1].status, answers[-1].json["code"]) == (409, "wrong_code")


def test_an_unknown_claim_link_answers_like_one_that_was_never_made(ground: Ground) -> None:
    link = ground.world.names["a claim link"]

    answers = [call("GET", f"/o/{token}") for token in ("AAAAAAAAAAAAAAAAAAAAAA", link[::-1], "x")]

    same(*answers)
    assert answers[0].status == 404
    assert call("GET", f"/o/{link}").status == 200


def test_no_list_of_customers_can_be_walked_by_staff(ground: Ground) -> None:
    """A number or an e-mail must be said whole; a part of one finds nobody."""
    paths = [
        "/customers",
        "/customers?phone=0812",
        "/customers?phone=%2B62812%25",
        "/customers?email=@",
        "/customers?phone=*",
    ]

    found = [call("GET", f"/api{path}", token=token(BUDI)) for path in paths]

    assert {answer.status for answer in found} <= {200, 422}
    assert [answer.json.get("items", []) for answer in found] == [[]] * len(paths)


def test_a_staff_token_for_nobody_answers_like_a_forged_one(ground: Ground) -> None:
    nobodys = call("GET", "/api/me", token=auth.staff_token("owner-nobody", "owner"))

    same(nobodys, call("GET", "/api/me", token="x.y.z"))
    assert nobodys.status == 401
    assert call("GET", "/api/me", token=token(RATNA)).status == 200
