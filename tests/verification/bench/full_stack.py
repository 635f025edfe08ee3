"""Measure the shop as `make run` starts it: the delay from an order to its notices, and the memory of its processes."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3

from infra.local.api_client import ApiClient
from infra.local.engine import create_temporary_folder, free_port, without_aws_settings
from infra.local.processes import list_descendants

ROOT = Path(__file__).parents[3]
READY_SECONDS = 120


@contextmanager
def running_shop() -> Iterator[dict[str, Any]]:
    folder, port = create_temporary_folder(), free_port()
    """Start a shop in a temporary folder; yields its folder, URLs, staff tokens and processes."""
    settings = {"LOCAL": str(folder), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    command, output = [sys.executable, "-m", "infra.local.run", "start"], subprocess.PIPE
    environment = without_aws_settings(os.environ) | settings
    shop = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True)
    try:
        assert shop.stdout is not None
        lines: list[str] = []
        for line in iter(shop.stdout.readline, ""):
            lines.append(line)
            if line.startswith("ready "):
                break
        else:
            raise RuntimeError("".join(lines))
        state = json.loads((folder / "run.json").read_text())
        people = json.loads((folder / "tokens.json").read_text())
        base = f"http://127.0.0.1:{port}"
        yield {
            "folder": folder,
            "base": base,
            "engine": state["engine"],
            "people": people,
            "children": state["children"],
        }
    finally:
        shop.send_signal(signal.SIGTERM)
        shop.wait(READY_SECONDS)


def measure_notice_delays(shop: dict[str, Any], orders: int, orders_per_second: float) -> dict[str, float]:
    """Place orders and measure the milliseconds from their journal entries to the notices in both inboxes.

    Returns p50, p95, the rate of orders per second and the number of orders that were offered to a salesman.
    """
    buyer, products, placed = ApiClient(shop["base"]), list_orderable(shop), []
    began = time.perf_counter()
    for number in range(orders):
        time.sleep(max(0.0, began + number / orders_per_second - time.perf_counter()))
        placed.append(buyer.post("/orders", an_order(number, *products[number % len(products)]))["id"])
    rate = orders / (time.perf_counter() - began)
    delays = sorted(delay for order in placed if (delay := wait_for_both_inboxes(shop, order)) is not None)
    p95 = delays[math.ceil(len(delays) * 0.95) - 1]
    return {"offered": len(delays), "rate": rate, "p50": statistics.median(delays), "p95": p95}


def list_orderable(shop: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return (SKU, lat, lon) of products that the web sells and a van at that position carries."""
    from infra.demo import seed as demo

    sold, cursor, buyer = set(), "", ApiClient(shop["base"])
    while cursor is not None:
        page = buyer.get(f"/catalog/products?cursor={quote(cursor)}")
        sold |= {product["sku"] for product in page["items"]}
        cursor = page["next"]
    vans = [(number, lat, lon) for number, (_, _, lat, lon) in enumerate(demo.SALESMEN)]
    return [(sku, lat, lon) for number, lat, lon in vans for sku in demo.van_load(number) if sku in sold]


def an_order(number: int, sku: str, lat: float, lon: float) -> dict[str, Any]:
    return {
        "channel": "web",
        "customer": {"name": "Sari Wulandari", "phone": f"0813{number:08}"},
        "lines": [{"sku": sku, "quantity": 1}],
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5", "position": {"lat": lat, "lon": lon}}},
        "payments": [{"method": "cod"}],
    }


def wait_for_both_inboxes(shop: dict[str, Any], order: str) -> float | None:
    """Return the milliseconds until both inboxes have the notice, or None if no salesman was invited."""
    client = boto3.client("dynamodb", endpoint_url=shop["engine"])
    for _ in range(600):
        entries = query_rows(client, "satukanal-journal", "subject", f"order#{order}")
        notified = query_rows(client, "satukanal-notify", "pk", f"order#{order}")
        offered = [row for row in notified if row["kind"]["S"] == "OfferOpened"]
        if offered:
            parties = json.loads(offered[0]["parties"]["S"])
            if not any(party.startswith("staff#") for party in parties):
                return None
            return 1000 * (parse_time(offered[0]["at"]) - parse_time(entries[0]["occurred_at"])).total_seconds()
        time.sleep(0.05)
    raise RuntimeError(f"No notice of {order} has arrived.")


def query_rows(client: Any, table: str, name: str, key: str) -> list[Any]:
    options = {"ExpressionAttributeNames": {"#k": name}, "ExpressionAttributeValues": {":k": {"S": key}}}
    response = client.query(TableName=table, KeyConditionExpression="#k = :k", ConsistentRead=True, **options)
    return list(response["Items"])


def parse_time(value: dict[str, str]) -> datetime:
    return datetime.fromisoformat(value["S"])


def memory_megabytes(shop: dict[str, Any]) -> dict[str, int]:
    """Return the resident memory of the largest process of each child of `make run`, by name."""
    megabytes: dict[str, int] = {}
    for child, name in shop["children"].items():
        for pid in list_descendants(int(child)):
            status = Path(f"/proc/{pid}/status").read_text()
            kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            megabytes[name] = max(megabytes.get(name, 0), kilobytes // 1024)
    return megabytes
