"""Helpers that the fault tests share: place orders, open shifts, load all rows and audit the tables."""

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


def place_order(key: str, *lines: tuple[str, int], by: str = "", **fields: Any) -> HttpResponse:
    return call("POST", "/api/orders", an_order(*lines, **fields), key=pad_key(key), token=token(by) if by else "")


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
    """Set the positions of these salesmen's vans."""
    for salesman in staff:
        van = salesman.replace("salesman", "van")
        answer = call("PUT", f"/api/locations/{van}/position", {"lat": lat, "lon": lon}, token=token(salesman))
        assert answer.status < 300, answer.text


def list_orders() -> list[Any]:
    return [row for row in stored_rows(OrderRow) if row.sk == "order"]


def count_answers(answers: list[HttpResponse]) -> dict[tuple[int, str], int]:
    """Count the responses by status and problem code: {(409, "out_of_stock"): 300, (201, ""): 100}."""
    counts: dict[tuple[int, str], int] = {}
    for answer in answers:
        kind = answer.status, answer.json.get("code", "")
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def load_all_rows() -> dict[str, list[Any]]:
    """Return all items of all tables, sorted."""
    client = boto3.client("dynamodb")
    names = sorted(client.list_tables()["TableNames"])
    pages = {name: client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True) for name in names}
    return {name: sorted((item for page in table for item in page["Items"]), key=str) for name, table in pages.items()}


def audit(quiet: bool = False) -> str:
    """Check the invariants over all tables; return `everything holds` or the violations as text."""
    return str(check(boto3.client("dynamodb"), "test", is_idle=quiet))


ALL_HOLDS = "everything holds"
WRITTEN_BY_HANDLERS = ("A3", "N1")  # invariants of what event handlers write: sums and notices


def audit_commits() -> list[tuple[str, str]]:
    """Return the violations of invariants that hold even before any event is delivered."""
    report = check(boto3.client("dynamodb"), "test")
    return [violation for violation in report.violations if violation[0] not in WRITTEN_BY_HANDLERS]
