"""Helpers of the backorder tests: expected and received stock, fulfillments, notices and the invariants."""

from __future__ import annotations

from typing import Any

import boto3

from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.stock.store import load_levels_by_id
from infra.invariants.check import check
from tests.shop import TEAPOT
from tests.verification.simulator.day import JOKO, Day

FRIDAY, MONDAY = "2026-11-27", "2026-11-30"
BACKORDER = {"backorder": True}
EMPTY_LEVEL = {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}


def expect_stock(day: Day, quantity: int, on: str = FRIDAY, sku: str = TEAPOT, location: str = "wh-surabaya") -> Any:
    lines = [{"sku": sku, "quantity": quantity}]
    return day.call("POST", "/stock/expected", {"location": location, "on": on, "lines": lines, "reason": "PO 88"})


def receive_stock(day: Day, quantity: int, sku: str = TEAPOT, location: str = "wh-surabaya") -> None:
    lines = [{"sku": sku, "quantity": quantity}]
    day.call("POST", "/stock/movements", {"kind": "receive", "location": location, "reason": "PO 88", "lines": lines})
    day.run_handlers()


def inbound_quantities(on: str = FRIDAY, sku: str = TEAPOT, location: str = "wh-surabaya") -> dict[str, int]:
    bucket = int(on.replace("-", ""))
    inbound = load_levels_by_id([(sku, location, bucket)])[sku, location, bucket]
    names = ("on_hand", "expected", "reserved", "allocated", "available")
    return {name: getattr(inbound, name) for name in names if getattr(inbound, name)}


def list_fulfillments(day: Day, name: str) -> list[tuple[str, str, int]]:
    """[(location, status, units)]."""
    return [
        (fulfillment.location, fulfillment.status, sum(allocation.quantity for allocation in fulfillment.allocations))
        for fulfillment in load_fulfillment_of_order(day.orders[name]["id"]).fulfillments
    ]


def fulfillment_status(day: Day, name: str) -> str:
    return load_fulfillment_of_order(day.orders[name]["id"]).order.fulfillment_status


def inbox_kinds(day: Day, name: str) -> list[str]:
    inbox = day.call("GET", "/inbox", by=JOKO)["items"]
    return [notice["kind"] for notice in inbox if notice.get("order") == day.orders[name]["id"]]


def assert_invariants_hold() -> None:
    report = check(boto3.client("dynamodb"), "test", is_idle=True)
    assert report.is_valid, str(report)
