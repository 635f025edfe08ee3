"""Enum fields and parameters: other values are refused and reach no key, query or file name."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.catalog.model import CHANNELS
from tests.client import call
from tests.shop import an_order, token
from tests.verification.attacks.actions import assert_nothing_changes, send_request
from tests.verification.attacks.generated_requests import ROW_BY_ENDPOINT, list_positions, replace_at
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.attacks.test_prices import send_to_row
from tests.verification.endpoints.principals import find_endpoint, with_ids
from tests.verification.endpoints.sample_shop import LIA, RATNA, TEA

INJECTED = (
    *("web' OR '1'='1", "web; drop table orders", "web#2026", "day#2026-11-22#web", "{{7*7}}", "${7*7}", "web\x00"),
    *(
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "web\r\nX-Evil: 1",
        '{"$gt": ""}',
        "WEB",
        " web",
        "web ",
        "\uff57eb",
    ),
    *("__class__", "constructor", "__proto__", "id) UNION SELECT", "attribute_exists(pk)", ":x OR :y"),
)
QUERIES = [
    ("/orders", "channel"),
    ("/orders", "day"),
    ("/catalog/products", "channel"),
    ("/reports/recap", "by"),
    ("/stock", "channel"),
]


@pytest.mark.parametrize("word", INJECTED)
def test_a_channel_is_one_of_seven(shop: MemoryShop, word: str) -> None:
    """Vendure CVE-2026-40887: a language code was inserted into a query unchecked."""
    with assert_nothing_changes(shop):
        answers = [send_request(shop, "POST", "/orders", an_order((TEA, 1), channel=word))]
        answers += [
            send_request(shop, "POST", "/quotes", {"channel": word, "lines": [{"sku": TEA, "quantity": 1}]}, by=LIA)
        ]
        answers += [send_request(shop, "POST", "/drafts", an_order((TEA, 1), channel=word), by=LIA)]

    assert {answer.status for answer in answers} == {422}
    assert word not in CHANNELS


@pytest.mark.parametrize("word", INJECTED)
def test_a_query_enum_takes_only_its_values(shop: MemoryShop, word: str) -> None:
    """Vendure CVE-2026-40887: the value came from the query string."""
    for path, name in QUERIES:
        days = {"from": "2026-11-01", "to": "2026-11-30"} if path.startswith("/reports") else {}
        answer = call("GET", f"/api{path}", token=token(RATNA), query=days | {name: word})
        assert answer.status in (403, 422), f"{path} {name}: {answer.text}"


@pytest.mark.parametrize("word", INJECTED)
def test_a_language_is_one_of_two(shop: MemoryShop, word: str) -> None:
    """Vendure CVE-2026-40887: the value was the language."""
    link = shop.sample.ids["a claim link"]

    answer = call("GET", f"/o/{link}", query={"lang": word})

    assert answer.status == 422
    assert "<script" not in answer.text


@pytest.mark.parametrize("name", sorted(name for name in ROW_BY_ENDPOINT if find_endpoint(name).body))
def test_a_body_enum_takes_only_its_values(shop: MemoryShop, name: str) -> None:
    row = ROW_BY_ENDPOINT[name]
    if row.prepare:
        row.prepare(shop.sample)
    body = with_ids(shop.sample, row.body if row.body is not None else find_endpoint(name).example)

    with assert_nothing_changes(shop):
        for at in enum_positions(name, body):
            for word in INJECTED:
                answer = send_to_row(shop, row, replace_at(body, at, word))
                assert answer.status == 422, f"{at}: {answer.text}"


def enum_positions(name: str, body: Any) -> list[tuple[Any, ...]]:
    """Return the positions in the body whose values the schema restricts to an enum."""
    model = find_endpoint(name).body.model_json_schema()  # type: ignore[union-attr]
    return [at for at in list_positions(body) if _is_enum(model, at)]


def _is_enum(model: Any, at: tuple[Any, ...]) -> bool:
    schema = model
    for part in at:
        options = [schema, *schema.get("anyOf", [])]
        options = [
            model["$defs"][option["$ref"].rpartition("/")[2]] if "$ref" in option else option for option in options
        ]
        members = [option["items"] for option in options if "items" in option] if isinstance(part, int) else []
        members += [option["properties"][part] for option in options if part in option.get("properties", {})]
        if not members:
            return False
        schema = members[0]
    return "enum" in schema or "const" in schema


@pytest.mark.parametrize("file", ["../orders", "orders.csv.exe", "..%2forders", "ORDERS", "orders.csv/..", "postcodes"])
def test_an_export_is_one_of_a_few_files(shop: MemoryShop, file: str) -> None:
    answer = call("GET", f"/api/exports/{file}.csv", token=token(RATNA))

    assert answer.status in (404, 422)


@pytest.mark.parametrize("file", ["../products", "secrets", "products.csv", "__init__", "PRODUCTS", ""])
def test_an_import_is_one_of_a_few_files(shop: MemoryShop, file: str) -> None:
    with assert_nothing_changes(shop):
        answer = call("POST", f"/api/imports?file={file}", "sku,name,price\nX,Y,1\n", token=token(RATNA))

    assert answer.status == 422
