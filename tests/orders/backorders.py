"""What tests of orders ahead of their goods have in common: what is expected, what comes, and who was told."""

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
    shelf = int(on.replace("-", ""))
    found = load_levels_by_id([(sku, location, shelf)])[sku, location, shelf]
    names = ("on_hand", "expected", "reserved", "allocated", "available")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def list_fulfillments(day: Day, name: str) -> list[tuple[str, str, int]]:
    case = load_fulfillment_of_order(day.orders[name]["id"])
    return [(one.location, one.status, sum(piece.quantity for piece in one.pieces)) for one in case.fulfillments]


def fulfillment_status(day: Day, name: str) -> str:
    return load_fulfillment_of_order(day.orders[name]["id"]).order.fulfillment_status


def inbox_kinds(day: Day, name: str) -> list[str]:
    inbox = day.call("GET", "/inbox", by=JOKO)["items"]
    return [each["kind"] for each in inbox if each.get("order") == day.orders[name]["id"]]


def assert_invariants_hold() -> None:
    report = check(boto3.client("dynamodb"), "test", is_idle=True)
    assert report.is_valid, str(report)
