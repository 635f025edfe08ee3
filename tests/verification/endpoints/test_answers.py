"""What every answer has in common: nobody's cache keeps it, it never repeats what a hostile header says, and an
unknown order looks like somebody else's."""

from __future__ import annotations

import pytest

from chalicelib.kit.auth import order_token
from tests.client import call
from tests.shop import token
from tests.verification.endpoints.knock import Row, knock, one_of
from tests.verification.endpoints.rows import ROWS
from tests.verification.endpoints.world import LIA, World
from tests.verification.sampling import sampled

EVIL = "evil.example"
HEADERS = dict.fromkeys(("Host", "X-Forwarded-Host", "X-Original-Url", "X-Forwarded-Server", "Forwarded"), EVIL)
HEADERS |= {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/", "X-Forwarded-Proto": EVIL}


@pytest.mark.parametrize("row", sampled(ROWS, lambda row: ROWS.index(row) % 3 == 0), ids=lambda row: row.name)
def test_no_cache_keeps_an_answer_and_no_header_comes_back(world: World, row: Row) -> None:
    if row.first:
        row.first(world)

    answers = [knock(world, row, one_of(row), HEADERS), knock(world, row, "foreign", HEADERS)]

    for answer in answers:
        kept = answer.headers["Cache-Control"]
        assert kept == "no-store" or (kept == "private, no-cache" and answer.headers["ETag"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert EVIL.encode() not in answer.body
        assert EVIL not in str(answer.headers)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_links_in_answers_begin_with_our_own_address(world: World) -> None:
    link = call(
        "POST", f"/api/drafts/{world.names['a draft']}/pay-link", token=token(LIA), key=world.key(), headers=HEADERS
    )

    assert link.json["url"].startswith("https://shop.test/")


def test_an_order_that_is_not_there_answers_like_one_of_somebody_else(world: World) -> None:
    mine = {"token": world.tokens["ord_01KB"]}
    theirs = call("GET", f"/api/orders/{world.names['another order']}", query=mine)
    nobodys = call("GET", "/api/orders/ord_01KBNOSUCHORDERATALL00000", query=mine)
    forged = call("GET", f"/api/orders/{world.names['ord_01KB']}", query={"token": order_token("ord_x")})

    assert (theirs.status, theirs.body) == (nobodys.status, nobodys.body) == (forged.status, forged.body)
    assert theirs.status == 404


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/orders/", "/api//orders", "/o/", "/api/../app.py"]
)
def test_there_is_no_door_but_the_doors(world: World, path: str) -> None:
    answer = call("PATCH", path)

    assert answer.status in (404, 405)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_answer_to_staff_shows_the_token_of_a_customer(world: World) -> None:
    secrets = [each.encode() for each in world.tokens.values() if each]

    for row in ROWS:
        if row.door.startswith("GET") and row.first is None:
            answer = knock(world, row, "owner")
            assert not [secret for secret in secrets if secret in answer.body], row.name
