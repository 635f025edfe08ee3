"""Withdrawing a request whose answer was lost, through the public endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.kit.idempotency import IdempotencyRecord
from tests.client import call
from tests.moto_aws import stored_rows
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


@pytest.mark.parametrize("by", ["", "agent-lia", "cashier-sinta", "salesman-budi"])
def test_only_who_may_send_a_ref_withdraws_or_sees_the_order_of_that_ref(aws: Any, by: str) -> None:
    open_shop(TEAPOT=5)
    web, marketplace = [an_order((TEAPOT, 1), channel=name, ref="TKP-1") for name in ("web", "marketplace")]

    before = [withdraw(body, by=by) for body in (web, marketplace)]
    placed = [place(body, by="owner-ratna", key=key) for body, key in ((web, KEY), (marketplace, KEY[::-1]))]
    after = [withdraw(body, by=by) for body in (web, marketplace)]

    assert [answer.status for answer in placed] == [201, 201]
    for answer in before + after:
        assert answer.status in (401, 403, 422)
        assert not {"answer", "id", "token"} & set(answer.json)


def test_the_owner_withdraws_an_order_by_its_ref(aws: Any) -> None:
    open_shop(TEAPOT=5)
    placed, lost = [an_order((TEAPOT, 1), channel="marketplace", ref=ref) for ref in ("TKP-1", "TKP-2")]
    order = place(placed, by="owner-ratna").json

    assert withdraw(placed, by="owner-ratna", key=KEY[::-1]).json == {"answer": order}
    assert withdraw(lost, by="owner-ratna").json == {"answer": None}
    assert place(lost, by="owner-ratna", key=KEY[::-1]).json["code"] == "request_withdrawn"


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "pos"},
        {"channel": "phone"},
        {"placed_at": "2026-01-01T00:00:00Z"},
        {"actor": "agent-lia"},
        {"customer": {"id": "cus_makmur"}},
        {"payments": []},
        {"payments": [{"method": "gold"}]},
        {"lines": [{"sku": "NONE", "quantity": 1}]},
    ],
)
def test_what_a_caller_may_not_place_is_refused_in_the_same_way_and_leaves_no_record(
    aws: Any, fields: dict[str, Any]
) -> None:
    open_shop(TEAPOT=5)
    body = TWO_TEAPOTS | fields

    withdrawn, placed = withdraw(body), place(body)

    assert (withdrawn.status, withdrawn.json) == (placed.status, placed.json)
    assert stored_rows(IdempotencyRecord) == []


@pytest.mark.parametrize("what", ["orders", "drafts"])
def test_a_request_carried_out_is_answered_though_it_would_be_refused_now(aws: Any, what: str) -> None:
    open_shop(TEAPOT=5)
    body = an_order((TEAPOT, 2), channel="phone")
    answer = call("POST", f"/api/{what}", body, key=KEY, token=token("agent-lia")).json
    save_product(Product(TEAPOT, "Teapot", "Dapur", "IDR", active=False), "owner-ratna")

    assert withdraw(body, by="agent-lia", what=what).json == {"answer": answer}
    assert withdraw(body, key=KEY[::-1], by="agent-lia", what=what).status in (409, 422)


def test_a_draft_request_is_withdrawn_only_in_channels_that_have_drafts(aws: Any) -> None:
    open_shop(TEAPOT=5)

    refused = withdraw(TWO_TEAPOTS, by="agent-lia", what="drafts")

    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "channel")
    assert stored_rows(IdempotencyRecord) == []


def test_a_draft_request_is_withdrawn_in_the_same_way(aws: Any) -> None:
    open_shop(TEAPOT=5)
    body = an_order((TEAPOT, 2), channel="phone")
    create = {"method": "POST", "path": "/api/drafts", "body": body, "token": token("agent-lia")}
    draft = call(**create, key=KEY).json

    assert withdraw(body, by="agent-lia", what="drafts").json == {"answer": draft}
    assert withdraw(body, key=KEY[::-1], by="agent-lia", what="drafts").json == {"answer": None}
    assert call(**create, key=KEY[::-1]).json["code"] == "request_withdrawn"
