"""Words that the tests of faults share."""

from __future__ import annotations

from typing import Any

import boto3

from chalicelib.orders.store import OrderRow
from infra.invariants.check import check
from infra.local.server import HttpResponse
from tests.client import call
from tests.moto_aws import stored_rows
from tests.shop import HERE, an_order, token

TRANSFER, CREDIT = [{"method": "transfer"}], [{"method": "credit"}]


def place_order(key: str, *lines: tuple[str, int], by: str = "", **said: Any) -> HttpResponse:
    return call("POST", "/api/orders", an_order(*lines, **said), key=pad_key(key), token=token(by) if by else "")


def pad_key(key: str) -> str:
    return key.rjust(16, "-")


def counter_sale(*lines: tuple[str, int]) -> dict[str, Any]:
    return {
        "channel": "pos",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "payments": [{"method": "cash"}],
    }


def open_shift(staff: str) -> None:
    body = {"opening": {"amount": 100_000, "currency": "IDR"}}
    assert call("POST", "/api/shifts", body, key=f"shift-of-{staff}-1", token=token(staff)).status == 201


def park_vans(*staff: str, lat: float = HERE.lat, lon: float = HERE.lon) -> None:
    """Their vans say where they are."""
    for each in staff:
        van = each.replace("salesman", "van")
        said = call("PUT", f"/api/locations/{van}/position", {"lat": lat, "lon": lon}, token=token(each))
        assert said.status < 300, said.text


def list_orders() -> list[Any]:
    return [row for row in stored_rows(OrderRow) if row.sk == "order"]


def count_answers(answers: list[HttpResponse]) -> dict[tuple[int, str], int]:
    """How many answers of each kind: {(409, "out_of_stock"): 300, (201, ""): 100}."""
    counted: dict[tuple[int, str], int] = {}
    for answer in answers:
        kind = answer.status, answer.json.get("code", "")
        counted[kind] = counted.get(kind, 0) + 1
    return counted


def load_all_rows() -> dict[str, list[Any]]:
    """All rows of all tables, for before and after."""
    client = boto3.client("dynamodb")
    names = sorted(client.list_tables()["TableNames"])
    pages = {name: client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True) for name in names}
    return {name: sorted((item for page in each for item in page["Items"]), key=str) for name, each in pages.items()}


def audit(quiet: bool = False) -> str:
    """The shop's own checker over all tables: `everything holds`, or what does not."""
    return str(check(boto3.client("dynamodb"), "test", is_idle=quiet))


ALL_HOLDS = "everything holds"
