"""What tests of orders ahead of their goods have in common: what is expected, what comes, and who was told."""

from __future__ import annotations

from typing import Any

import boto3

from chalicelib.fulfillment.store import load_case
from chalicelib.stock.store import load_places
from infra.invariants.check import check
from tests.shop import TEAPOT
from tests.verification.simulator.day import JOKO, Day

FRIDAY, MONDAY = "2026-11-27", "2026-11-30"
LATER = {"backorder": True}
NOT_HERE = {"on_hand": 0, "reserved": 0, "allocated": 0, "available": 0}


def expect(day: Day, quantity: int, on: str = FRIDAY, sku: str = TEAPOT, location: str = "wh-surabaya") -> Any:
    lines = [{"sku": sku, "quantity": quantity}]
    return day.done("POST", "/stock/expected", {"location": location, "on": on, "lines": lines, "reason": "PO 88"})


def comes(day: Day, quantity: int, sku: str = TEAPOT, location: str = "wh-surabaya") -> None:
    lines = [{"sku": sku, "quantity": quantity}]
    day.done("POST", "/stock/movements", {"kind": "receive", "location": location, "reason": "PO 88", "lines": lines})
    day.all_hear()


def coming(on: str = FRIDAY, sku: str = TEAPOT, location: str = "wh-surabaya") -> dict[str, int]:
    shelf = int(on.replace("-", ""))
    found = load_places([(sku, location, shelf)])[sku, location, shelf]
    names = ("on_hand", "expected", "reserved", "allocated", "available")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def works(day: Day, name: str) -> list[tuple[str, str, int]]:
    case = load_case(day.orders[name]["id"])
    return [(one.location, one.status, sum(piece.quantity for piece in one.pieces)) for one in case.works]


def status(day: Day, name: str) -> str:
    return load_case(day.orders[name]["id"]).order.fulfillment_status


def told(day: Day, name: str) -> list[str]:
    inbox = day.done("GET", "/inbox", by=JOKO)["items"]
    return [each["kind"] for each in inbox if each.get("order") == day.orders[name]["id"]]


def all_is_well() -> None:
    report = check(boto3.client("dynamodb"), "test", quiet=True)
    assert report.holds, str(report)
