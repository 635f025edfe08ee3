"""`make bench`: measure the figures on this machine and print them with their goals."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tests.environment  # noqa: F401 - before any import of the shop
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
    missed_goals = 0
    for measure in select_measures(sys.argv[1:]):
        for figure in measure():
            print(figure, flush=True)
            missed_goals += figure.is_reached is False
    return 1 if missed_goals else 0


def select_measures(names: list[str]) -> list[Callable[[], list[Figure]]]:
    """Return the measures with these names, or all of `MEASURES`."""
    by_name = {measure.__name__: measure for measure in (*MEASURES, *OPTIONAL)}
    return [by_name[name] for name in names] or list(MEASURES)


def heavy_imports() -> list[Figure]:
    code = f"import app, sys; print(*[name for name in {HEAVY.split()!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    return [Figure("heavy modules that the order function loads", loaded or "none", "none", not loaded)]


def in_process() -> list[Figure]:
    with local_engine():
        return [*order_units(), *placement_figures(), *local_server_figures()]


def long_lists() -> list[Figure]:
    """Measure one page of each list at three sizes: read units, and CPU as the ratio of the most to the least."""
    with local_engine():
        shop, models, shift = list_cost.build_models(build_drain())
    cases = list_cost.list_cases(shift)
    return [list_figure(case, list_cost.measure(case, shop, models[case.model])) for case in cases]


@contextmanager
def local_engine() -> Iterator[Engine]:
    """Run a local AWS engine with all tables, empty."""
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
    total = sum(cost.values())
    parts = ", ".join(f"{name} {dollars:.3f}" for name, dollars in cost.items())
    calls = f"{sale.reads} read, {sale.transactions} transaction"
    write_units, is_reached = max(sale.write_units, by_size), sale.reads <= 2 and sale.transactions == 1
    return [
        Figure("cash sale of three lines: calls", calls, "2 reads, 1 transaction", is_reached),
        Figure("  write units: metered, by size", f"{sale.write_units:.0f}, {by_size}", "20", write_units <= 20),
        Figure("a web order until delivery: transactions, reads", f"{life.transactions}, {life.reads}"),
        Figure("  units written, read", f"{life.write_units:.0f}, {life.read_units}"),
        Figure("AWS cost of 1,000 orders without messages", f"${total:.3f}", "$0.25", total <= 0.25),
        Figure("  of that DynamoDB", f"${cost['DynamoDB']:.3f}", "$0.09", cost["DynamoDB"] <= 0.09),
        Figure(f"  {parts}", ""),
    ]


def build_drain() -> Callable[[], int]:
    from app import app

    return Dispatcher(app, retry_delay_seconds=0).drain


def placement_figures() -> list[Figure]:
    rate, cpu = placement_speed.measure_placements()
    parallel_rate = placement_speed.measure_parallel_placements()
    return [
        Figure("placements per second, one process, three lines", f"{rate:.0f}"),
        Figure("  two processes", f"{parallel_rate:.0f}", "25", parallel_rate >= 25),
        Figure("  milliseconds of CPU per placement", f"{cpu:.1f}"),
    ]


def local_server_figures() -> list[Figure]:
    ours, theirs = local_server.requests_per_second()
    ratio = ours / theirs
    measured = f"{ours:.0f} ÷ {theirs:.0f} per second = {ratio:.0f}"
    return [Figure("local server ÷ `chalice local`, keep-alive", measured, "10", ratio >= 10)]


MAX_RATIO = 1.10


def list_figure(case: list_cost.ListCase, costs: list[list_cost.PageCost]) -> Figure:
    times = [min(cost.milliseconds) for cost in costs]
    ratio, units = max(times) / min(times), {cost.units for cost in costs}
    measured = f"{', '.join(f'{count:g}' for count in sorted(units))} units, {min(times):.2f} ms × {ratio:.2f}"
    goal = "equal at 1k, 20k, 100k, × 1.10"
    return Figure(f"a page ({costs[0].items}) of {case.name}", measured, goal, len(units) == 1 and ratio <= MAX_RATIO)


def hot_sku() -> list[Figure]:
    single, sharded = hot_sale.run_sale(1, 1_000, 128), hot_sale.run_sale(64, 1_000, 128)
    ratio, is_exact = sharded.units_per_second / single.units_per_second, single.is_exact and sharded.is_exact
    measured = f"{sharded.units_per_second:.0f} ÷ {single.units_per_second:.0f} per second = {ratio:.1f}"
    return [
        Figure("hot SKU: 64 shards ÷ one, conflicts cancelled", measured, "10", ratio >= 10),
        Figure("  units sold", f"{single.sold} and {sharded.sold} of 1000", "1000 and 1000", is_exact),
    ]


def package_size() -> list[Figure]:
    with cold_start.build_packages() as (plain, optimized):
        plain_ms, optimized_ms = cold_start.median_cold_starts(plain, optimized)
    ratio = optimized_ms / plain_ms
    sizes = f"{optimized.megabytes:.1f} (by Chalice alone {plain.megabytes:.1f})"
    measured = f"{optimized_ms:.0f} ÷ {plain_ms:.0f} ms of CPU = {ratio:.2f}"
    return [
        Figure("cold start to the first order, optimized ÷ plain", measured, "0.45", ratio <= 0.45),
        Figure("  zips in MB", sizes, "15", optimized.megabytes <= 15),
    ]


def site_speed() -> list[Figure]:
    milliseconds = site_build.update_milliseconds()
    return [
        *(site_figure(folder) for folder in (site_build.MEMORY_FOLDER, DISK) if folder.is_dir()),
        Figure("update of one product, ms of CPU", f"{milliseconds:.1f}", "20", milliseconds <= 20),
    ]


def site_figure(folder: Path) -> Figure:
    """Measure a build with its writes of files to `folder`; on a disk these cost more, and the goal is the same."""
    pages = site_build.product_pages_per_cpu_second(folder=folder)
    kind = "in memory" if folder == site_build.MEMORY_FOLDER else "on disk"
    return Figure(f"product pages per CPU second, files {kind} ({folder})", f"{pages:.0f}", "6000", pages >= 6000)


def rush() -> list[Figure]:
    with local_engine():
        result = correctness.run_rush()
    answers = [f"{count} × {status} {code}".rstrip() for (status, code), count in sorted(result.answers.items())]
    name = f"{correctness.BUYERS} buyers, {correctness.UNITS} units, {correctness.PROCESSES} processes"
    return [Figure(name, f"{', '.join(answers)}; {result.audit}", "sold exactly", result.is_exact)]


def access_matrix() -> list[Figure]:
    matrix = correctness.run_access_matrix()
    requests = matrix.rows * matrix.principals
    measured = f"{matrix.endpoints} endpoints, {matrix.rows} rows × {matrix.principals} = {requests}"
    return [Figure("access table × principals", measured, "every answer as its row states", matrix.passed)]


def northwind() -> list[Figure]:
    replay = correctness.replay_northwind()
    name = "Northwind, orders per second: as recorded, as web orders"
    if not replay.speeds:
        return [Figure(name, "not measured", replay.last_line)]
    measured = " and ".join(f"{speed:.1f}" for speed in replay.speeds)
    return [Figure(name, measured, "25, and complete", replay.is_complete and min(replay.speeds) >= 25)]


def notice_delay() -> list[Figure]:
    with full_stack.running_shop() as shop:
        full_stack.measure_notice_delays(shop, 20, orders_per_second=5)  # warm-up
        calm = full_stack.measure_notice_delays(shop, 60, orders_per_second=5)
        busy = full_stack.measure_notice_delays(shop, 250, orders_per_second=25)
        memory = full_stack.memory_megabytes(shop)
    others = ", ".join(f"{name} {megabytes}" for name, megabytes in memory.items() if name != "granian")
    return [
        Figure(
            "order to both inboxes, 5 orders per second: p50, p95 ms",
            format_percentiles(calm),
            "1000",
            calm["p95"] <= 1000,
        ),
        Figure(f"  {busy['rate']:.0f} orders per second", format_percentiles(busy), "1000", busy["p95"] <= 1000),
        Figure("memory of the API process in MB", str(memory["granian"]), "250", memory["granian"] <= 250),
        Figure("  of the other processes", others),
    ]


def peer_vendure() -> list[Figure]:
    with local_engine() as engine:
        assert engine.process is not None
        comparison = vendure.compare(engine.process.pid)
    ours, theirs = comparison.ours, comparison.theirs
    print(vendure.NOT_COMPARABLE)
    cpu_ratio, latency_ratio = comparison.cpu_ratio, comparison.latency_ratio
    cpu = f"{theirs.cpu_ms:.1f} ÷ {ours.cpu_ms:.1f} ms = {cpu_ratio:.0f}"
    latency = f"{theirs.latency_ms:.0f} ÷ {ours.latency_ms:.1f} ms = {latency_ratio:.0f}"
    databases = f"{theirs.database_ms:.1f} and {ours.database_ms:.1f} ms"
    return [
        Figure("a guest's order of three lines, Vendure ÷ ours: CPU", cpu, "20", cpu_ratio >= vendure.CPU_GOAL),
        Figure("  median latency, one client", latency, "10", latency_ratio >= vendure.LATENCY_GOAL),
        Figure("  CPU of the databases: PostgreSQL, local engine", databases),
        Figure("  Vendure's SQL statements for one order", str(comparison.statements)),
        Figure("  Vendure's units allocated, ordered", f"{comparison.allocated:,}, {comparison.ordered:,}"),
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


def format_percentiles(delays: dict[str, float]) -> str:
    return f"{delays['p50']:.0f}, {delays['p95']:.0f} ({delays['offered']} offered)"


if __name__ == "__main__":
    sys.exit(main())
