"""`make bench`: the figures of this machine beside their goals."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tests.environment  # noqa: F401 - before anything of the shop
from infra.local.dispatcher import Dispatcher
from infra.local.engine import Engine, provision
from tests.conftest import clear_caches
from tests.moto_aws import reset_connections
from tests.verification.bench import (
    cold_start,
    correctness,
    full_stack,
    hot_sale,
    list_cost,
    local_server,
    order_cost,
    placement_speed,
    site_build,
)
from tests.verification.bench import peer_vendure as vendure

DISK = Path(tempfile.gettempdir())
HEAVY = "stripe jinja2 boto3.resources requests asyncio"


@dataclass(frozen=True)
class Figure:
    name: str
    measured: str
    goal: str = ""
    is_reached: bool | None = None

    def __str__(self) -> str:
        mark = {None: " ", True: "✓", False: "✗"}[self.is_reached]
        return f" {mark} {self.name:<58} {self.measured:<34} {self.goal}"


def main() -> int:
    missed = 0
    for measure in select_measures(sys.argv[1:]):
        for figure in measure():
            print(figure, flush=True)
            missed += figure.is_reached is False
    return 1 if missed else 0


def select_measures(names: list[str]) -> list[Callable[[], list[Figure]]]:
    """All of `MEASURES`, or those that are named."""
    every = {each.__name__: each for each in (*MEASURES, *OPTIONAL)}
    return [every[name] for name in names] or list(MEASURES)


def heavy_imports() -> list[Figure]:
    code = f"import app, sys; print(*[name for name in {HEAVY.split()!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return [Figure("of what the order function need not load", found or "nothing", "nothing", not found)]


def in_process() -> list[Figure]:
    with local_engine():
        return [*order_units(), *placement_figures(), *local_server_figures()]


def long_lists() -> list[Figure]:
    """At each size the same page: what it reads, and the CPU of our code, dearest ÷ cheapest."""
    with local_engine():
        shop, models, shift = list_cost.build_models(build_drain())
    return [
        list_figure(each, list_cost.measure(each, shop, models[each.model])) for each in list_cost.list_cases(shift)
    ]


@contextmanager
def local_engine() -> Iterator[Engine]:
    """Empty, and with all tables."""
    with Engine(MINISTACK_ACCOUNT_ID="123456789012") as engine:
        os.environ["AWS_ENDPOINT_URL"] = engine.address
        os.environ.update(provision("test"))
        clear_caches()
        reset_connections()
        try:
            yield engine
        finally:
            del os.environ["AWS_ENDPOINT_URL"]


def order_units() -> list[Figure]:
    sale, by_size = order_cost.measure_counter_sale()
    life = order_cost.measure_order_life(build_drain())
    cost = order_cost.cost_per_thousand_orders(life)
    whole = sum(cost.values())
    parts = ", ".join(f"{name} {dollars:.3f}" for name, dollars in cost.items())
    calls = f"{sale.reads} read, {sale.transactions} transaction"
    most, fits = max(sale.write_units, by_size), sale.reads <= 2 and sale.transactions == 1
    return [
        Figure("three lines for cash: calls", calls, "2 reads, 1 transaction", fits),
        Figure("  write units: counted, by size", f"{sale.write_units:.0f}, {by_size}", "20", most <= 20),
        Figure("a web order's whole life: transactions, reads", f"{life.transactions}, {life.reads}"),
        Figure("  units written, read", f"{life.write_units:.0f}, {life.read_units}"),
        Figure("core cost of 1,000 orders", f"${whole:.3f}", "$0.25", whole <= 0.25),
        Figure("  of that DynamoDB", f"${cost['DynamoDB']:.3f}", "$0.09", cost["DynamoDB"] <= 0.09),
        Figure(f"  {parts}", ""),
    ]


def build_drain() -> Callable[[], int]:
    from app import app

    return Dispatcher(app, retry_delay_seconds=0).drain


def placement_figures() -> list[Figure]:
    a_second, cpu = placement_speed.measure_placements()
    together = placement_speed.measure_parallel_placements()
    return [
        Figure("placements a second, one process, three lines", f"{a_second:.0f}"),
        Figure("  two processes", f"{together:.0f}", "25", together >= 25),
        Figure("  milliseconds of CPU for one", f"{cpu:.1f}"),
    ]


def local_server_figures() -> list[Figure]:
    ours, theirs = local_server.requests_per_second()
    times = ours / theirs
    said = f"{ours:.0f} ÷ {theirs:.0f} a second = {times:.0f}"
    return [Figure("local server ÷ `chalice local`, kept connections", said, "10", times >= 10)]


MAX_RATIO = 1.10


def list_figure(each: list_cost.ListCase, found: list[list_cost.PageCost]) -> Figure:
    times = [min(one.milliseconds) for one in found]
    apart, units = max(times) / min(times), {one.units for one in found}
    read = ", ".join(f"{each:g}" for each in sorted(units))
    said = f"{read} units, {min(times):.2f} ms × {apart:.2f}"
    goal = "at 1k, 20k, 100k the same, × 1.10"
    return Figure(f"a page ({found[0].items}) of {each.name}", said, goal, len(units) == 1 and apart <= MAX_RATIO)


def hot_sku() -> list[Figure]:
    one, many = hot_sale.run_sale(1, 1_000, 128), hot_sale.run_sale(64, 1_000, 128)
    times, exact = many.units_per_second / one.units_per_second, one.is_exact and many.is_exact
    said = f"{many.units_per_second:.0f} ÷ {one.units_per_second:.0f} a second = {times:.1f}"
    sums = f"{one.sold} and {many.sold} of 1000"
    return [
        Figure("one SKU on 64 shelves ÷ on one, all overlaps cancelled", said, "10", times >= 10),
        Figure("  sold: stock exactly", sums, "1000 and 1000", exact),
    ]


def package_size() -> list[Figure]:
    with cold_start.build_packages() as (plain, finished):
        before, after = cold_start.median_cold_starts(plain, finished)
    ratio = after / before
    sizes = f"{finished.megabytes:.1f} (by Chalice alone {plain.megabytes:.1f})"
    said = f"{after:.0f} ÷ {before:.0f} ms of CPU = {ratio:.2f}"
    return [
        Figure("cold start to the first order, as shipped ÷ plain", said, "0.45", ratio <= 0.45),
        Figure("  zips in MB", sizes, "15", finished.megabytes <= 15),
    ]


def site_speed() -> list[Figure]:
    changed = site_build.update_milliseconds()
    return [
        *(site_figure(where) for where in (site_build.MEMORY_FOLDER, DISK) if where.is_dir()),
        Figure("one changed product, ms of CPU", f"{changed:.1f}", "20", changed <= 20),
    ]


def site_figure(where: Path) -> Figure:
    """Its files included: with a disk they cost more, and the goal is the same."""
    pages = site_build.product_pages_per_cpu_second(folder=where)
    kind = "in memory" if where == site_build.MEMORY_FOLDER else "on disk"
    return Figure(f"product pages a CPU second, files {kind} ({where})", f"{pages:.0f}", "6000", pages >= 6000)


def rush() -> list[Figure]:
    with local_engine():
        found = correctness.run_rush()
    said = ", ".join(f"{number} × {status} {code}".rstrip() for (status, code), number in sorted(found.answers.items()))
    name = f"{correctness.BUYERS} buyers, {correctness.UNITS} units, {correctness.PROCESSES} processes"
    return [Figure(name, f"{said}; {found.audit}", "sold exactly", found.is_exact)]


def access_matrix() -> list[Figure]:
    found = correctness.run_access_matrix()
    said = f"{found.endpoints} doors, {found.rows} rows × {found.principals} = {found.rows * found.principals}"
    return [Figure("routes × principals knocked at", said, "every one as its row says", found.passed)]


def northwind() -> list[Figure]:
    found = correctness.replay_northwind()
    name = "Northwind, orders a second: as it was, as web orders"
    if not found.speeds:
        return [Figure(name, "not measured", found.last_line)]
    said = " and ".join(f"{each:.1f}" for each in found.speeds)
    return [Figure(name, said, "25, and whole", found.is_complete and min(found.speeds) >= 25)]


def notice_delay() -> list[Figure]:
    with full_stack.running_shop() as shop:
        full_stack.measure_notice_delays(shop, 20, orders_per_second=5)  # the first ones wait for what is loaded once
        calm = full_stack.measure_notice_delays(shop, 60, orders_per_second=5)
        busy = full_stack.measure_notice_delays(shop, 250, orders_per_second=25)
        memory = full_stack.memory_megabytes(shop)
    return [
        Figure(
            "until both inboxes know, 5 orders a second: p50, p95 ms",
            format_percentiles(calm),
            "1000",
            calm["p95"] <= 1000,
        ),
        Figure(f"  {busy['rate']:.0f} orders a second", format_percentiles(busy), "1000", busy["p95"] <= 1000),
        Figure("memory of the API process in MB", str(memory["granian"]), "250", memory["granian"] <= 250),
        Figure("  of the others", ", ".join(f"{name} {mb}" for name, mb in memory.items() if name != "granian")),
    ]


def peer_vendure() -> list[Figure]:
    with local_engine() as engine:
        assert engine.process is not None
        found = vendure.compare(engine.process.pid)
    ours, theirs = found.ours, found.theirs
    print(vendure.NOT_COMPARABLE)
    cpu = f"{theirs.cpu_ms:.1f} ÷ {ours.cpu_ms:.1f} ms = {found.cpu_ratio:.0f} times less"
    latency = f"{theirs.latency_ms:.0f} ÷ {ours.latency_ms:.1f} ms = {found.latency_ratio:.0f} times faster"
    databases = f"{theirs.database_ms:.1f} and {ours.database_ms:.1f} ms"
    return [
        Figure("a guest's order of three lines, Vendure ÷ ours: CPU", cpu, "20", found.cpu_ratio >= vendure.CPU_GOAL),
        Figure("  median latency, one client", latency, "10", found.latency_ratio >= vendure.LATENCY_GOAL),
        Figure("  CPU of the databases: PostgreSQL, local engine", databases),
        Figure("  Vendure's SQL statements for one order", str(found.statements)),
        Figure("  Vendure's units of one product: allocated, ordered", f"{found.allocated:,}, {found.ordered:,}"),
    ]


MEASURES = (
    heavy_imports,
    hot_sku,
    package_size,
    site_speed,
    in_process,
    long_lists,
    notice_delay,
    rush,
    access_matrix,
    northwind,
)
OPTIONAL = (peer_vendure,)  # run only when named: `make bench PEER=vendure`


def format_percentiles(found: dict[str, float]) -> str:
    return f"{found['p50']:.0f}, {found['p95']:.0f} ({found['offered']} offered)"


if __name__ == "__main__":
    sys.exit(main())
