"""Properties of every response: it is not cached, reflects no request header, and hides whether an order exists."""

from __future__ import annotations

import pytest

from chalicelib.kit.auth import order_token
from tests.client import call
from tests.shop import token
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import AccessRow, least_privileged, send_as
from tests.verification.endpoints.sample_shop import LIA, SampleShop
from tests.verification.sampling import mark_cases

EVIL = "evil.example"
HEADERS = dict.fromkeys(("Host", "X-Forwarded-Host", "X-Original-Url", "X-Forwarded-Server", "Forwarded"), EVIL)
HEADERS |= {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/", "X-Forwarded-Proto": EVIL}


@pytest.mark.parametrize("row", mark_cases(ROWS, lambda row: ROWS.index(row) % 3 == 0), ids=lambda row: row.name)
def test_answers_are_not_cached_and_reflect_no_header(sample: SampleShop, row: AccessRow) -> None:
    if row.prepare:
        row.prepare(sample)

    answers = [send_as(sample, row, least_privileged(row), HEADERS), send_as(sample, row, "foreign", HEADERS)]

    for answer in answers:
        cache_control = answer.headers["Cache-Control"]
        assert cache_control == "no-store" or (cache_control == "private, no-cache" and answer.headers["ETag"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert EVIL.encode() not in answer.body
        assert EVIL not in str(answer.headers)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_links_in_answers_begin_with_our_own_address(sample: SampleShop) -> None:
    link = call(
        "POST",
        f"/api/drafts/{sample.ids['a draft']}/pay-link",
        token=token(LIA),
        key=sample.next_key(),
        headers=HEADERS,
    )

    assert link.json["url"].startswith("https://shop.test/")


def test_an_unknown_order_answers_like_a_foreign_order(sample: SampleShop) -> None:
    own = {"token": sample.tokens["ord_01KB"]}
    foreign = call("GET", f"/api/orders/{sample.ids['another order']}", query=own)
    unknown = call("GET", "/api/orders/ord_01KBNOSUCHORDERATALL00000", query=own)
    forged = call("GET", f"/api/orders/{sample.ids['ord_01KB']}", query={"token": order_token("ord_x")})

    assert (foreign.status, foreign.body) == (unknown.status, unknown.body) == (forged.status, forged.body)
    assert foreign.status == 404


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/orders/", "/api//orders", "/o/", "/api/../app.py"]
)
def test_unknown_paths_answer_a_problem(sample: SampleShop, path: str) -> None:
    answer = call("PATCH", path)

    assert answer.status in (404, 405)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_answer_to_staff_shows_the_token_of_a_customer(sample: SampleShop) -> None:
    secrets = [secret.encode() for secret in sample.tokens.values() if secret]

    for row in ROWS:
        if row.endpoint.startswith("GET") and row.prepare is None:
            answer = send_as(sample, row, "owner")
            assert not [secret for secret in secrets if secret in answer.body], row.name
