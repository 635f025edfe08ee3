from __future__ import annotations

import re

import pytest

import app  # noqa: F401 - imports every refusal class
from chalicelib.fulfillment.model import CannotMove, FulfillmentStatus
from chalicelib.kit import config, web
from chalicelib.kit.errors import Invalid, Problem
from chalicelib.kit.money import Money
from chalicelib.kit.problem_pages import choose_language, list_refusals, load_statuses
from chalicelib.kit.texts import LANGUAGES, texts
from tests.client import call, staff_token


class ShopClosed(Problem):
    message = "Closed: {amount} at {places}."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_text_and_every_text_a_refusal(language):
    assert set(texts(language, "problems")["problems"]) == set(load_statuses())


def test_only_refusals_of_the_api_have_a_page():
    assert ShopClosed not in list_refusals()


def test_no_message_uses_a_fact_that_the_problem_document_reserves():
    used = {kind: set(re.findall(r"{(\w+)}", kind.message)) & web.RESERVED_MEMBERS for kind in list_refusals()}

    assert {
        kind for kind, names in used.items() if names - ({"summary"} if issubclass(kind, Invalid) else set())
    } == set()


def test_a_fact_never_overwrites_a_member_of_the_problem_document():
    response = web.problem_to_response(ShopClosed(status="shut", title="x", amount=Money(1, "IDR"), places=()), 409)

    assert '"status":409' in response.body
    assert '"title":"shop closed"' in response.body
    assert "shut" not in response.body


def test_facts_are_formatted_for_people():
    problem = ShopClosed(amount=Money(12_500, "IDR"), places=[Money(5, "USD"), "wh-1"])

    assert problem.detail == "Closed: Rp12.500 at US$0.05, wh-1."


def test_a_state_is_written_in_words():
    assert CannotMove(**{"from": FulfillmentStatus.IN_TRANSIT, "to": FulfillmentStatus.PICKING}).detail == (
        "A change from in transit to picking is not possible."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_shows_names_of_fields_as_code_without_backticks(language):
    page = call("GET", f"/api/problems/no_pickup_here?lang={language}")

    assert "<code>locations</code>" in page.text
    assert "`" not in page.text


@pytest.mark.parametrize(
    ("requested", "header", "language"),
    [
        ("", "", "id"),
        ("", "en-GB,id;q=0.8", "en"),
        ("", "fr, id;q=0.2, en;q=0.7", "en"),
        ("", "en;q=0, de", "id"),
        ("", "en;q=many", "id"),
        ("id", "en", "id"),
    ],
)
def test_the_language_of_a_page_follows_the_query_then_the_browser(requested, header, language):
    assert choose_language(requested, header) == language


def test_the_type_of_a_refusal_is_the_address_of_its_page(aws):
    refused = call("GET", "/api/orders").json
    page = call("GET", refused["type"].removeprefix(config.base_url()), headers={"Accept-Language": "en"})

    assert refused["type"] == f"{config.base_url()}/api/problems/not_signed_in"
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "The request has no valid token." in page.text
    assert '<html lang="en">' in page.text
    assert '<html lang="id">' in call("GET", "/api/problems/not_signed_in?lang=id").text


def test_an_unknown_code_has_no_page(aws):
    assert call("GET", "/api/problems/nonsense").status == 404


def test_the_sentence_of_a_validator_is_shown_without_the_name_of_its_exception(aws, trusted_tokens):
    line = {"sku": "TEA", "quantity": 0}
    body = {"kind": "receive", "location": "wh-1", "reason": "x", "lines": [line]}

    refused = call(
        "POST", "/api/stock/movements", body, token=staff_token("ratna", "owner"), key="key-0123456789abcdef"
    )

    assert refused.json["errors"] == [{"field": "", "says": "a quantity of 0 changes nothing; leave that line out"}]
