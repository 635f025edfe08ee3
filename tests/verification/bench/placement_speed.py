"""Measure how fast one process and two processes place orders."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from tests.verification.bench.full_shop import THREE_LINES, web_order_details
from tests.verification.faults.build import place_order
from tests.verification.faults.processes import run_in_rounds


def measure_placements(count: int = 300) -> tuple[float, float]:
    """Return (placements per second, median milliseconds of CPU per placement) of one process."""
    place_order("warm-up-of-timing", *THREE_LINES, **web_order_details(0))
    began, used = time.perf_counter(), []
    for number in range(count):
        cpu = time.process_time()
        assert place_order(f"timed-{number}", *THREE_LINES, **web_order_details(number)).status == 201
        used.append(time.process_time() - cpu)
    return count / (time.perf_counter() - began), 1000 * statistics.median(used)


def measure_parallel_placements(processes: int = 2, count: int = 150) -> float:
    """Return the placements per second of several processes."""

    def part(name: int) -> Callable[[], tuple[float, float]]:
        def work() -> tuple[float, float]:
            began = time.time()
            for number in range(count):
                assert place_order(f"together-{name}-{number}", *THREE_LINES, **web_order_details(number)).status == 201
            return began, time.time()

        return work

    times = [result for (result,) in run_in_rounds([[part(name)] for name in range(processes)])]
    return processes * count / (max(end for _, end in times) - min(start for start, _ in times))
