"""The whole shop as `make run` starts it, in a folder of its own: how soon both inboxes know, and how much memory."""

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
    told = without_aws_settings(os.environ) | {"LOCAL": str(folder), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "infra.local.run", "start"]
    shop = subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert shop.stdout is not None
        said: list[str] = []
        for line in iter(shop.stdout.readline, ""):
            said.append(line)
            if line.startswith("ready "):
                break
        else:
            raise RuntimeError("".join(said))
        known = json.loads((folder / "run.json").read_text())
        people = json.loads((folder / "tokens.json").read_text())
        base = f"http://127.0.0.1:{port}"
        yield {
            "folder": folder,
            "base": base,
            "engine": known["engine"],
            "people": people,
            "children": known["children"],
        }
    finally:
        shop.send_signal(signal.SIGTERM)
        shop.wait(READY_SECONDS)


def measure_notice_delays(shop: dict[str, Any], orders: int, orders_per_second: float) -> dict[str, float]:
    """Milliseconds from an order's instant in the journal to that at which both inboxes were written."""
    buyer, wanted, placed = ApiClient(shop["base"]), list_orderable(shop), []
    began = time.perf_counter()
    for number in range(orders):
        time.sleep(max(0.0, began + number / orders_per_second - time.perf_counter()))
        placed.append(buyer.post("/orders", an_order(number, *wanted[number % len(wanted)]))["id"])
    rate = orders / (time.perf_counter() - began)
    waits = sorted(wait for each in placed if (wait := wait_for_both_inboxes(shop, each)) is not None)
    found = {"offered": len(waits), "rate": rate, "p50": statistics.median(waits)}
    return found | {"p95": waits[math.ceil(len(waits) * 0.95) - 1]}


def list_orderable(shop: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(SKU, lat, lon): goods that the web sells and that a van nearby carries."""
    from infra.demo import seed as demo

    sold, cursor, buyer = set(), "", ApiClient(shop["base"])
    while cursor is not None:
        page = buyer.get(f"/catalog/products?cursor={quote(cursor)}")
        sold |= {each["sku"] for each in page["items"]}
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
    """None where no van was near enough to be asked."""
    client = boto3.client("dynamodb", endpoint_url=shop["engine"])
    for _ in range(600):
        entries = query_rows(client, "satukanal-journal", "subject", f"order#{order}")
        lists = query_rows(client, "satukanal-notify", "pk", f"order#{order}")
        told = [row for row in lists if row["kind"]["S"] == "OfferOpened"]
        if told:
            parties = json.loads(told[0]["parties"]["S"])
            if not any(party.startswith("staff#") for party in parties):
                return None
            return 1000 * (parse_time(told[0]["at"]) - parse_time(entries[0]["occurred_at"])).total_seconds()
        time.sleep(0.05)
    raise RuntimeError(f"nobody was told of {order}")


def query_rows(client: Any, table: str, name: str, key: str) -> list[Any]:
    asked = {"ExpressionAttributeNames": {"#k": name}, "ExpressionAttributeValues": {":k": {"S": key}}}
    return list(client.query(TableName=table, KeyConditionExpression="#k = :k", ConsistentRead=True, **asked)["Items"])


def parse_time(value: dict[str, str]) -> datetime:
    return datetime.fromisoformat(value["S"])


def memory_megabytes(shop: dict[str, Any]) -> dict[str, int]:
    """Of each part, its largest process."""
    found: dict[str, int] = {}
    for pid, name in shop["children"].items():
        for each in list_descendants(int(pid)):
            status = Path(f"/proc/{each}/status").read_text()
            kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
            found[name] = max(found.get(name, 0), kilobytes // 1024)
    return found
