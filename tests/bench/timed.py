"""Speed in this process, and how a list behaves when it grows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.kit import clock, config, ids
from chalicelib.orders import store
from chalicelib.orders.find import load_order
from tests.bench.counted import read_units
from tests.bench.meter import metered
from tests.bench.shop import THREE_LINES, somebody
from tests.client import call
from tests.faults.build import place
from tests.faults.crowd import in_rounds
from tests.shop import token, who


def placements(count: int = 300) -> tuple[float, float]:
    """(placements a second, milliseconds of CPU for one) in one process."""
    place("warm-up-of-timing", *THREE_LINES, **somebody(0))
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(count):
        assert place(f"timed-{number}", *THREE_LINES, **somebody(number)).status == 201
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    return count / seconds, 1000 * used / count


def placements_together(processes: int = 2, count: int = 150) -> float:
    """A second, by several processes."""

    def part(name: int) -> Callable[[], tuple[float, float]]:
        def work() -> tuple[float, float]:
            began = time.time()
            for number in range(count):
                assert place(f"together-{name}-{number}", *THREE_LINES, **somebody(number)).status == 201
            return began, time.time()

        return work

    times = [found for (found,) in in_rounds([[part(name)] for name in range(processes)])]
    return processes * count / (max(end for _, end in times) - min(start for start, _ in times))


def a_page(size: int, there: int) -> dict[str, float]:
    """The newest orders of a day that has `size` of them, `there` of them already: calls, units, milliseconds."""
    fill(size - there)
    times, found = [], None
    for _ in range(15):
        with metered() as meter:
            began = time.perf_counter()
            found = call("GET", "/api/orders", token=token("owner-ratna"), query={"limit": 20, "channel": "web"})
            times.append(1000 * (time.perf_counter() - began))
    assert found is not None and len(found.json["items"]) == 20
    return {"calls": len(meter.names), "units": read_units(meter), "ms": round(statistics.median(times), 1)}


def fill(count: int) -> None:
    """Copies of a real order's row, straight into the table: only the list is looked at."""
    model = place("the-model-of-all", *THREE_LINES, **somebody(7)).json["id"]
    row = store._row(load_order(who("owner-ratna"), model)).serialize()
    client, name, batch = boto3.client("dynamodb"), config.table("orders"), []
    for _ in range(count):
        now = clock.now()
        identity = ids.new("ord", now)
        listed: dict[str, Any] = {"pk": {"S": identity}, "listed_at": {"S": f"{clock.iso(now)}#{identity}"}}
        batch.append({"PutRequest": {"Item": row | listed}})
        if len(batch) == 25:
            client.batch_write_item(RequestItems={name: batch})
            batch = []
    if batch:
        client.batch_write_item(RequestItems={name: batch})
