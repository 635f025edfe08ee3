"""Fields that hold one of a few words: whatever else stands there is refused, and reaches no key, query or file."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.catalog.model import CHANNELS
from tests.client import call
from tests.shop import an_order, token
from tests.verification.attacks.acts import ask, nothing_moves
from tests.verification.attacks.ground import Ground
from tests.verification.attacks.hostile import DOORS, places_in, replaced
from tests.verification.attacks.test_prices import sent
from tests.verification.endpoints.knock import door, named
from tests.verification.endpoints.world import LIA, RATNA, TEA

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
def test_a_channel_is_one_of_seven(ground: Ground, word: str) -> None:
    """Vendure CVE-2026-40887: the code of a language went into a query as it stood."""
    with nothing_moves(ground):
        answers = [ask(ground, "POST", "/orders", an_order((TEA, 1), channel=word))]
        answers += [ask(ground, "POST", "/quotes", {"channel": word, "lines": [{"sku": TEA, "quantity": 1}]}, by=LIA)]
        answers += [ask(ground, "POST", "/drafts", an_order((TEA, 1), channel=word), by=LIA)]

    assert {answer.status for answer in answers} == {422}
    assert word not in CHANNELS


@pytest.mark.parametrize("word", INJECTED)
def test_a_word_of_a_query_is_one_of_a_few(ground: Ground, word: str) -> None:
    """Vendure CVE-2026-40887, where it stood: in the address."""
    for path, name in QUERIES:
        days = {"from": "2026-11-01", "to": "2026-11-30"} if path.startswith("/reports") else {}
        answer = call("GET", f"/api{path}", token=token(RATNA), query=days | {name: word})
        assert answer.status in (403, 422), f"{path} {name}: {answer.text}"


@pytest.mark.parametrize("word", INJECTED)
def test_a_language_is_one_of_two(ground: Ground, word: str) -> None:
    """Vendure CVE-2026-40887 to the letter: it was the language."""
    link = ground.world.names["a claim link"]

    answer = call("GET", f"/o/{link}", query={"lang": word})

    assert answer.status == 422
    assert "<script" not in answer.text


@pytest.mark.parametrize("name", sorted(name for name in DOORS if door(name).body))
def test_a_word_of_a_body_is_one_of_a_few(ground: Ground, name: str) -> None:
    row = DOORS[name]
    if row.first:
        row.first(ground.world)
    body = named(ground.world, row.body if row.body is not None else door(name).example)

    with nothing_moves(ground):
        for at in words_of_a_list(name, body):
            for word in INJECTED:
                answer = sent(ground, row, replaced(body, at, word))
                assert answer.status == 422, f"{at}: {answer.text}"


def words_of_a_list(name: str, body: Any) -> list[tuple[Any, ...]]:
    """Where the schema lists what may stand there."""
    model = door(name).body.model_json_schema()  # type: ignore[union-attr]
    return [at for at in places_in(body) if _listed(model, at)]


def _listed(model: Any, at: tuple[Any, ...]) -> bool:
    schema = model
    for part in at:
        options = [schema, *schema.get("anyOf", [])]
        options = [model["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in options]
        found = [each["items"] for each in options if "items" in each] if isinstance(part, int) else []
        found += [each["properties"][part] for each in options if part in each.get("properties", {})]
        if not found:
            return False
        schema = found[0]
    return "enum" in schema or "const" in schema


@pytest.mark.parametrize("file", ["../orders", "orders.csv.exe", "..%2forders", "ORDERS", "orders.csv/..", "postcodes"])
def test_an_export_is_one_of_a_few_files(ground: Ground, file: str) -> None:
    answer = call("GET", f"/api/exports/{file}.csv", token=token(RATNA))

    assert answer.status in (404, 422)


@pytest.mark.parametrize("file", ["../products", "secrets", "products.csv", "__init__", "PRODUCTS", ""])
def test_an_import_is_one_of_a_few_files(ground: Ground, file: str) -> None:
    with nothing_moves(ground):
        answer = call("POST", f"/api/imports?file={file}", "sku,name,price\nX,Y,1\n", token=token(RATNA))

    assert answer.status == 422
