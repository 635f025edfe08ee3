"""Resource limits: every limit accepts n and refuses n + 1 before any table is read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.exchange import routes as exchange
from chalicelib.kit.db import MAX_TRANSACTION_WRITES, Write
from chalicelib.kit.money import Money
from chalicelib.kit.web import MAX_BODY_BYTES
from chalicelib.pricing.save import save_price
from tests.client import call
from tests.conftest import clear_caches
from tests.shop import add_stock, an_order, token
from tests.verification.attacks.actions import assert_nothing_changes, send_request
from tests.verification.attacks.generated_requests import ROW_BY_ENDPOINT, replace_at
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.attacks.test_prices import send_to_row
from tests.verification.endpoints.principals import find_endpoint, with_ids
from tests.verification.endpoints.sample_shop import RATNA, SOAP, TEA

WITH_A_BODY = sorted(name for name in ROW_BY_ENDPOINT if find_endpoint(name).body)
Bound = tuple[tuple[Any, ...], str, Any]  # position, keyword of the limit, its value
OVER_LIMIT = {
    "maxLength": lambda limit: "x" * (limit + 1),
    "minLength": lambda limit: "x" * (limit - 1),
    "maximum": lambda limit: limit + 1,
    "minimum": lambda limit: limit - 1,
}
AT_LIMIT = {
    "maxLength": lambda limit: "x" * limit,
    "minLength": lambda limit: "x" * limit,
    "maximum": lambda limit: limit,
    "minimum": lambda limit: limit,
}

# Parts of pydantic's messages about sizes.
SIZE_MESSAGES = ("at most", "at least", "less than or equal", "greater than or equal")


def bounds(model: Any, schema: Any, body: Any, at: tuple[Any, ...] = ()) -> Iterator[Bound]:
    """Yield every limit of the schema at the positions of the example's values."""
    options = [schema, *schema.get("anyOf", [])]
    definitions = model.get("$defs", {})
    for option in options:
        if "$ref" in option:
            option = definitions[option["$ref"].rpartition("/")[2]]
        for limit in (*OVER_LIMIT, "maxItems"):
            if limit in option:
                yield at, limit, option[limit]
        if isinstance(body, dict):
            for name, inner in option.get("properties", {}).items():
                if name in body:
                    yield from bounds(model, inner, body[name], (*at, name))
        if isinstance(body, list) and body and "items" in option:
            yield from bounds(model, option["items"], body[0], (*at, 0))


def example(shop: MemoryShop, name: str) -> Any:
    row = ROW_BY_ENDPOINT[name]
    if row.prepare:
        row.prepare(shop.sample)
    return with_ids(shop.sample, row.body if row.body is not None else find_endpoint(name).example)


def bounds_of_endpoint(name: str, body: Any) -> list[Bound]:
    model = find_endpoint(name).body.model_json_schema()  # type: ignore[union-attr]
    return list(bounds(model, model, body))


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_value_over_a_limit_is_refused_by_field_name(shop: MemoryShop, name: str) -> None:
    """Saleor CVE-2026-33756, CVE-2026-35401: unlimited batches."""
    body = example(shop, name)

    with assert_nothing_changes(shop):
        for at, limit, value in bounds_of_endpoint(name, body):
            more = (_at(body, at) or ["x"])[:1] * (value + 1) if limit == "maxItems" else OVER_LIMIT[limit](value)
            answer = send_to_row(shop, ROW_BY_ENDPOINT[name], replace_at(body, at, more))

            assert answer.status == 422, f"{at} {limit} {value}: {answer.text}"
            field = ".".join(map(str, at))
            fields = [error["field"] for error in answer.json["errors"]]
            assert any(field in name or name in field for name in fields), answer.text


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_value_at_a_limit_is_accepted(shop: MemoryShop, name: str) -> None:
    """The value may be refused by other rules, but not because of its size."""
    body = example(shop, name)
    ready = shop.memory.snapshot()

    for at, limit, value in bounds_of_endpoint(name, body):
        if limit == "maxItems":
            continue
        answer = send_to_row(shop, ROW_BY_ENDPOINT[name], replace_at(body, at, AT_LIMIT[limit](value)))
        errors = answer.json.get("errors", []) if answer.status == 422 and answer.text else []
        field = ".".join(map(str, at))
        messages = [error["says"] for error in errors if error["field"] and field in error["field"]]
        assert not [message for message in messages for text in SIZE_MESSAGES if text in message], (
            f"{at} {limit} {value}: {messages}"
        )
        assert answer.status < 500
        shop.memory.restore(ready)


def _at(body: Any, at: tuple[Any, ...]) -> Any:
    for part in at:
        body = body[part]
    return body


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 422), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_of_one_byte_too_many_is_not_even_parsed(shop: MemoryShop, size: int, status: int) -> None:
    body = b'{"channel": "web", "lines": []}'

    assert send_request(shop, "POST", "/orders", body + b" " * (size - len(body))).status == status


@pytest.mark.parametrize("depth", [100, 1_000, 100_000])
def test_a_deep_body_is_refused_before_it_costs_anything(shop: MemoryShop, depth: int) -> None:
    for opened in (b"[", b'{"a":'):
        assert send_request(shop, "POST", "/orders", opened * (depth if opened == b"[" else depth // 3)).status in (
            400,
            413,
        )


def test_an_order_has_at_most_forty_products(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payment by transfer writes a level and a hold for each product: no order needs more writes."""
    goods = [f"GOOD-{number}" for number in range(41)]
    for sku in goods:
        save_product(Product(sku, sku, "Teh", "IDR"), "test")
        save_price(sku, Money(1_000, "IDR"), (), "test")
        add_stock(sku, "wh-surabaya", 1)
    clear_caches()
    sizes, transact = list[int](), shop.memory.transact

    def transact_and_measure(writes: Sequence[Write], token: str) -> None:
        sizes.append(len(writes))
        transact(writes, token)

    monkeypatch.setattr(shop.memory, "transact", transact_and_measure)

    with assert_nothing_changes(shop):
        refused = send_request(shop, "POST", "/orders", an_order(*[(sku, 1) for sku in goods]))
    by_transfer = an_order(*[(sku, 1) for sku in goods[:40]], payments=[{"method": "transfer"}])
    fits = send_request(shop, "POST", "/orders", by_transfer)

    assert (refused.status, refused.json["code"]) == (422, "too_many_lines")
    assert (fits.status, len(fits.json["lines"])) == (201, 40)
    assert 80 < max(sizes) <= MAX_TRANSACTION_WRITES == 100


@pytest.mark.parametrize(("lines", "status"), [(199, 409), (200, 409), (201, 422)])
def test_an_order_has_at_most_two_hundred_lines(shop: MemoryShop, lines: int, status: int) -> None:
    body = an_order(*[(TEA, 100_000)] * lines)

    with assert_nothing_changes(shop):
        assert send_request(shop, "POST", "/orders", body).status == status


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (99, 200), (100, 200), (101, 422), (10**9, 422)])
@pytest.mark.parametrize("path", ["/orders", "/inbox"])
def test_a_page_is_at_most_a_hundred_long(shop: MemoryShop, path: str, limit: int, status: int) -> None:
    assert send_request(shop, "GET", path, by=RATNA, limit=str(limit)).status == status


@pytest.mark.parametrize(("length", "status"), [(15, 400), (16, 201), (128, 201), (129, 400)])
def test_a_key_has_sixteen_to_a_hundred_and_twenty_eight_letters(shop: MemoryShop, length: int, status: int) -> None:
    assert call("POST", "/api/orders", an_order((SOAP, 1)), key="k" * length).status == status


@pytest.mark.parametrize(("length", "status"), [(127, 404), (128, 404), (129, 404), (5_000, 404)])
def test_an_overlong_path_parameter_is_not_found(shop: MemoryShop, length: int, status: int) -> None:
    assert send_request(shop, "GET", f"/orders/{'x' * length}", by=RATNA).status == status


def test_too_many_skus_at_once_are_refused(shop: MemoryShop) -> None:
    """Like Saleor CVE-2026-33756: one request must not read the whole shop."""
    reads: list[str] = []
    shop.memory.inject_fault = lambda send: (reads.append(send), "")[1]
    try:
        answer = send_request(shop, "GET", "/stock", sku=",".join(f"SKU-{number}" for number in range(5_000)))
    finally:
        shop.memory.inject_fault = lambda send: ""

    assert answer.status == 422
    assert len(reads) <= 1


def test_a_zip_that_unpacks_to_more_than_memory_holds_is_not_unpacked(shop: MemoryShop) -> None:
    """Like Saleor CVE-2026-35401: a small upload must not become a large file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("products.csv", b"0" * (exchange.MAX_UNPACKED_BYTES + 1))

    answer = call("POST", "/api/imports", buffer.getvalue(), token=token(RATNA))

    assert (answer.status, len(buffer.getvalue()) < 100_000) == (422, True)
    assert "unpacks to more" in answer.text


def test_a_number_of_a_million_digits_is_refused_at_once(shop: MemoryShop) -> None:
    body = json.dumps(an_order((TEA, 1))).replace('"quantity": 1', '"quantity": 1' + "0" * 200_000)

    assert send_request(shop, "POST", "/orders", body).status in (400, 422)
