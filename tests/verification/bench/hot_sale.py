"""`make bench ONLY=hot_sku`: many buyers of one SKU at the same time, with one stock shard and with 64.

Time is virtual, so a seed gives the same result on every machine. Decisions, retries and pauses are the production
code's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tests.environment  # noqa: F401 - before any import of the shop
from chalicelib.stock.shard import reshard
from chalicelib.stock.store import load_levels
from tests.client import call
from tests.conftest import clear_caches
from tests.shop import TEAPOT, an_order, open_shop, principal_of
from tests.verification.bench.virtual_time import in_virtual_time

WAREHOUSE = "wh-surabaya"
MAX_ATTEMPTS = 1_000  # per buyer; far more than needed, but it ends a run in which nothing is ever sold out


@dataclass
class Sale:
    shards: int
    units: int
    seconds: float = 0.0  # from the first attempt to the last unit
    sold: int = 0  # units
    remaining: int = 0
    refused: int = 0  # 409, out of stock
    unavailable: int = 0  # 503: the buyer retries after a second
    transactions: int = 0
    conflicts: int = 0

    @property
    def units_per_second(self) -> float:
        return self.sold / self.seconds

    @property
    def is_exact(self) -> bool:
        return self.sold == self.units and self.remaining == 0


def run_sale(shards: int, units: int, buyers: int, quantity: int = 1, seed: int = 1) -> Sale:
    """Run a sale in which each buyer orders `quantity` units repeatedly until the SKU is out of stock."""
    sale = Sale(shards, units)
    with in_virtual_time(seed) as (time, store):
        clear_caches()
        open_shop(**{TEAPOT: units})
        if shards > 1:
            reshard(principal_of("owner-ratna"), WAREHOUSE, TEAPOT, shards, "a sale tonight")
        began, store.transactions, store.conflicts = time.now, 0, 0

        def buyer(number: int) -> Callable[[], None]:
            body = an_order((TEAPOT, quantity), customer={"name": "Sari", "phone": f"0812{number:08}"})

            def run() -> None:
                bought = 0
                for _ in range(MAX_ATTEMPTS):
                    answer = call("POST", "/api/orders", body, key=f"buyer-{number:05}-buys-{bought:05}")
                    if answer.status == 201:
                        bought, sale.seconds = bought + 1, time.now - began
                        sale.sold += quantity
                    elif answer.status == 503:
                        sale.unavailable += 1
                        time.sleep(float(answer.headers["Retry-After"]))
                    else:
                        assert (answer.status, answer.json["code"]) == (409, "out_of_stock"), answer.text
                        sale.refused += 1
                        return

            return run

        time.run([buyer(number) for number in range(buyers)])
        sale.transactions, sale.conflicts = store.transactions, store.conflicts
        sale.remaining = sum(level.available for level in load_levels([(TEAPOT, WAREHOUSE)]))
        clear_caches()
    return sale
