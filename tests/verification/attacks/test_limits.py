"""Asking for too much: every limit holds at n, and n + 1 is refused before anything is read for it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Product
from chalicelib.exchange import routes as exchange
from chalicelib.kit.db import MOST_WRITES, Write
from chalicelib.kit.money import Money
from chalicelib.kit.web import MOST_BODY_BYTES
from chalicelib.pricing.keep import keep_price
from tests.client import call
from tests.conftest import forget
from tests.shop import an_order, put, token
from tests.verification.attacks.acts import ask, nothing_moves
from tests.verification.attacks.ground import Ground
from tests.verification.attacks.hostile import DOORS, replaced
from tests.verification.attacks.test_prices import sent
from tests.verification.endpoints.knock import door, named
from tests.verification.endpoints.world import RATNA, SOAP, TEA

WITH_A_BODY = sorted(name for name in DOORS if door(name).body)
Bound = tuple[tuple[Any, ...], str, Any]  # where, which limit, its value
TOO_MUCH = {
    "maxLength": lambda limit: "x" * (limit + 1),
    "minLength": lambda limit: "x" * (limit - 1),
    "maximum": lambda limit: limit + 1,
    "minimum": lambda limit: limit - 1,
}
JUST_ENOUGH = {
    "maxLength": lambda limit: "x" * limit,
    "minLength": lambda limit: "x" * limit,
    "maximum": lambda limit: limit,
    "minimum": lambda limit: limit,
}


OF_SIZE = ("at most", "at least", "less than or equal", "greater than or equal")  # how pydantic tells of a limit


def bounds(model: Any, schema: Any, body: Any, at: tuple[Any, ...] = ()) -> Iterator[Bound]:
    """Every limit of the schema at a place that the example fills."""
    options = [schema, *schema.get("anyOf", [])]
    for option in [model["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in options]:
        for limit in (*TOO_MUCH, "maxItems"):
            if limit in option:
                yield at, limit, option[limit]
        if isinstance(body, dict):
            for name, inner in option.get("properties", {}).items():
                if name in body:
                    yield from bounds(model, inner, body[name], (*at, name))
        if isinstance(body, list) and body and "items" in option:
            yield from bounds(model, option["items"], body[0], (*at, 0))


def example(ground: Ground, name: str) -> Any:
    row = DOORS[name]
    if row.first:
        row.first(ground.world)
    return named(ground.world, row.body if row.body is not None else door(name).example)


def of_door(name: str, body: Any) -> list[Bound]:
    model = door(name).body.model_json_schema()  # type: ignore[union-attr]
    return list(bounds(model, model, body))


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_one_more_than_a_limit_is_refused_by_the_name_of_its_field(ground: Ground, name: str) -> None:
    """Saleor CVE-2026-33756, CVE-2026-35401: batches without an end."""
    body = example(ground, name)

    with nothing_moves(ground):
        for at, limit, value in of_door(name, body):
            more = (_at(body, at) or ["x"])[:1] * (value + 1) if limit == "maxItems" else TOO_MUCH[limit](value)
            answer = sent(ground, DOORS[name], replaced(body, at, more))

            assert answer.status == 422, f"{at} {limit} {value}: {answer.text}"
            field = ".".join(map(str, at))
            assert any(field in each["field"] or each["field"] in field for each in answer.json["errors"]), answer.text


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_limit_itself_is_no_complaint(ground: Ground, name: str) -> None:
    """n, where one more was refused: whatever else the shop's rules say of it, its size is fine."""
    body = example(ground, name)
    ready = ground.memory.snapshot()

    for at, limit, value in of_door(name, body):
        if limit == "maxItems":
            continue
        answer = sent(ground, DOORS[name], replaced(body, at, JUST_ENOUGH[limit](value)))
        said = answer.json.get("errors", []) if answer.status == 422 and answer.text else []
        field = ".".join(map(str, at))
        of_it = [each["says"] for each in said if each["field"] and field in each["field"]]
        assert not [says for says in of_it for words in OF_SIZE if words in says], f"{at} {limit} {value}: {of_it}"
        assert answer.status < 500
        ground.memory.put_back(ready)


def _at(body: Any, at: tuple[Any, ...]) -> Any:
    for part in at:
        body = body[part]
    return body


@pytest.mark.parametrize(("size", "status"), [(MOST_BODY_BYTES, 422), (MOST_BODY_BYTES + 1, 413)])
def test_a_body_of_one_byte_too_many_is_not_even_parsed(ground: Ground, size: int, status: int) -> None:
    said = b'{"channel": "web", "lines": []}'

    assert ask(ground, "POST", "/orders", said + b" " * (size - len(said))).status == status


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
def test_a_deep_body_is_refused_before_it_costs_anything(ground: Ground, depth: int) -> None:
    for opened in (b"[", b'{"a":'):
        assert ask(ground, "POST", "/orders", opened * (depth if opened == b"[" else depth // 3)).status in (400, 413)


def test_an_order_of_forty_goods_fits_and_one_of_forty_one_does_not(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By transfer each good is a level and a hold of its own: more writes no order has."""
    goods = [f"GOOD-{number}" for number in range(41)]
    for sku in goods:
        keep_product(Product(sku, sku, "Teh", "IDR"), "test")
        keep_price(sku, Money(1_000, "IDR"), (), "test")
        put(sku, "wh-surabaya", 1)
    forget()
    sizes, transact = list[int](), ground.memory.transact

    def measured(writes: Sequence[Write], token: str) -> None:
        sizes.append(len(writes))
        transact(writes, token)

    monkeypatch.setattr(ground.memory, "transact", measured)

    with nothing_moves(ground):
        refused = ask(ground, "POST", "/orders", an_order(*[(sku, 1) for sku in goods]))
    by_transfer = an_order(*[(sku, 1) for sku in goods[:40]], payments=[{"method": "transfer"}])
    fits = ask(ground, "POST", "/orders", by_transfer)

    assert (refused.status, refused.json["code"]) == (422, "too_many_lines")
    assert (fits.status, len(fits.json["lines"])) == (201, 40)
    assert 80 < max(sizes) <= MOST_WRITES == 100


@pytest.mark.parametrize(("lines", "status"), [(199, 409), (200, 409), (201, 422)])
def test_two_hundred_lines_of_one_thing_are_read_and_one_more_is_not(ground: Ground, lines: int, status: int) -> None:
    body = an_order(*[(TEA, 100_000)] * lines)

    with nothing_moves(ground):
        assert ask(ground, "POST", "/orders", body).status == status


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (99, 200), (100, 200), (101, 422), (10**9, 422)])
@pytest.mark.parametrize("path", ["/orders", "/inbox"])
def test_a_page_is_at_most_a_hundred_long(ground: Ground, path: str, limit: int, status: int) -> None:
    assert ask(ground, "GET", path, by=RATNA, limit=str(limit)).status == status


@pytest.mark.parametrize(("length", "status"), [(15, 400), (16, 201), (128, 201), (129, 400)])
def test_a_key_has_sixteen_to_a_hundred_and_twenty_eight_letters(ground: Ground, length: int, status: int) -> None:
    assert call("POST", "/api/orders", an_order((SOAP, 1)), key="k" * length).status == status


@pytest.mark.parametrize(("length", "status"), [(127, 404), (128, 404), (129, 404), (5_000, 404)])
def test_a_part_of_an_address_has_an_end(ground: Ground, length: int, status: int) -> None:
    assert ask(ground, "GET", f"/orders/{'x' * length}", by=RATNA).status == status


def test_many_skus_are_not_asked_for_at_once(ground: Ground) -> None:
    """Of the kind of Saleor CVE-2026-33756: one request must not read the whole shop."""
    reads: list[str] = []
    ground.memory.faults = lambda send: (reads.append(send), "")[1]
    try:
        answer = ask(ground, "GET", "/stock", sku=",".join(f"SKU-{number}" for number in range(5_000)))
    finally:
        ground.memory.faults = lambda send: ""

    assert answer.status == 422
    assert len(reads) <= 1


def test_a_zip_that_unpacks_to_more_than_memory_holds_is_not_unpacked(ground: Ground) -> None:
    """Of the kind of Saleor CVE-2026-35401: a small thing that becomes a large one here."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("products.csv", b"0" * (exchange.MOST_UNPACKED + 1))

    answer = call("POST", "/api/imports", made.getvalue(), token=token(RATNA))

    assert (answer.status, len(made.getvalue()) < 100_000) == (422, True)
    assert "unpacks to more" in answer.text


def test_a_number_of_a_million_digits_is_refused_at_once(ground: Ground) -> None:
    body = json.dumps(an_order((TEA, 1))).replace('"quantity": 1', '"quantity": 1' + "0" * 200_000)

    assert ask(ground, "POST", "/orders", body).status in (400, 422)
