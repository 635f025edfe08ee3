"""Texts from outside have no characters that people cannot see, and are not only blanks."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit.unreadable_texts import INVISIBLE_CHARACTERS, ONLY_BLANKS, find_unreadable
from tests.client import call
from tests.shop import TEAPOT, an_order, level, open_shop, token

KEY = "a-key-of-16-chars"


@pytest.mark.parametrize(
    "text", ["", "abc", " abc ", "Jl. Kenanga 5\nRT 3\tRW 4", "Café “Sari”", "👩\u200d🌾", "می\u200cخواهم", "日本"]
)
def test_what_people_write_has_no_invisible_characters(text: str) -> None:
    assert find_unreadable(text) == ""


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x1b", "\x7f", "\x9f", "\u200b", "\u200f", "\u202e", "\u2066", "\ufeff", "\xad", "\u061c", "\u3164"],
)
def test_controls_overrides_of_direction_and_zero_width_blanks_are_invisible(character: str) -> None:
    assert find_unreadable(f"a{character}b") == INVISIBLE_CHARACTERS


def refusal(answer: Any) -> tuple[int, list[dict[str, str]]]:
    return answer.status, answer.json["errors"]


def test_a_name_that_reads_backwards_is_refused_and_places_nothing(aws: Any) -> None:
    open_shop(TEAPOT=5)
    body = an_order((TEAPOT, 1), customer={"name": "Sari \u202egnp.exe", "phone": "081252981234"})

    answer = call("POST", "/api/orders", body, key=KEY)

    assert refusal(answer) == (422, [{"field": "customer.name", "says": INVISIBLE_CHARACTERS}])
    assert level(TEAPOT)["allocated"] == 0


def test_a_reason_of_blanks_is_no_reason(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = call("POST", "/api/orders", an_order((TEAPOT, 1)), key=KEY).json

    answer = call("POST", f"/api/orders/{order['id']}/cancel", {"reason": "    "}, token=token("owner-ratna"))

    assert refusal(answer) == (422, [{"field": "reason", "says": ONLY_BLANKS}])
    assert call("GET", f"/api/orders/{order['id']}", token=token("owner-ratna")).json["status"] == "placed"


def test_an_imported_cell_with_invisible_characters_is_refused_by_row(aws: Any) -> None:
    open_shop()
    csv = "sku,name,price\nNEW-1,Teh \u202eHijau,9000\n".encode()
    headers = {"Content-Type": "text/csv"}

    report = call("POST", "/api/imports", csv, query={"file": "products"}, token=token("owner-ratna"), headers=headers)

    assert [(error["row"], error["column"], error["reason"]) for error in report.json["errors"]] == [
        (2, "name", INVISIBLE_CHARACTERS)
    ]
    assert call("GET", "/api/catalog/products/NEW-1").status == 404


def test_the_texts_of_lists_and_objects_are_checked_too(aws: Any) -> None:
    open_shop()
    body = {"name": "Teapot", "shelves": {"store-\u202etunjungan": 2}}

    answer = call("PUT", f"/api/catalog/products/{TEAPOT}", body, token=token("owner-ratna"))

    assert refusal(answer) == (422, [{"field": "shelves", "says": INVISIBLE_CHARACTERS}])
