"""Withdrawing a request whose answer was lost, through the public endpoints."""

from __future__ import annotations

from typing import Any

from tests.client import call
from tests.orders.test_place import KEY, place
from tests.shop import TEAPOT, an_order, level, open_shop, token

TWO_TEAPOTS = an_order((TEAPOT, 2))


def withdraw(body: Any, key: str = KEY, by: str = "", what: str = "orders") -> Any:
    return call("POST", f"/api/{what}/withdraw", body, key=key, token=token(by) if by else "")


def test_a_request_that_placed_an_order_is_answered_with_it(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(TWO_TEAPOTS).json

    answer = withdraw(TWO_TEAPOTS)

    assert (answer.status, answer.json) == (200, {"answer": order})
    assert place(TWO_TEAPOTS).json == order


def test_a_withdrawn_request_that_still_arrives_places_nothing(aws: Any) -> None:
    open_shop(TEAPOT=5)

    withdrawn = withdraw(TWO_TEAPOTS)
    late = place(TWO_TEAPOTS)

    assert (withdrawn.status, withdrawn.json) == (200, {"answer": None})
    assert (late.status, late.json["code"]) == (409, "request_withdrawn")
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_withdrawing_twice_is_a_no_op(aws: Any) -> None:
    open_shop()
    withdraw(TWO_TEAPOTS)

    assert withdraw(TWO_TEAPOTS).json == {"answer": None}


def test_withdrawing_shows_an_order_only_to_a_caller_who_has_its_body(aws: Any) -> None:
    """The answer to a guest has the order's token."""
    open_shop(TEAPOT=5)
    place(TWO_TEAPOTS)

    answer = withdraw(an_order((TEAPOT, 3)))

    assert (answer.status, answer.json["code"]) == (422, "key_reused")


def test_withdrawing_concerns_only_the_requests_of_the_caller(aws: Any) -> None:
    open_shop(TEAPOT=5)
    body = an_order((TEAPOT, 2), channel="phone")

    withdraw(body, by="owner-ratna")

    assert place(body, by="agent-lia").status == 201


def test_a_draft_request_is_withdrawn_in_the_same_way(aws: Any) -> None:
    open_shop(TEAPOT=5)
    body = an_order((TEAPOT, 2), channel="phone")
    create = {"method": "POST", "path": "/api/drafts", "body": body, "token": token("agent-lia")}
    draft = call(**create, key=KEY).json

    assert withdraw(body, by="agent-lia", what="drafts").json == {"answer": draft}
    assert withdraw(body, key=KEY[::-1], by="agent-lia", what="drafts").json == {"answer": None}
    assert call(**create, key=KEY[::-1]).json["code"] == "request_withdrawn"
