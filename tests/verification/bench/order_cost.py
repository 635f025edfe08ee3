"""Measure the DynamoDB usage of an order, and compute its AWS cost from list prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.client import call
from tests.shop import token
from tests.verification.bench.full_shop import THREE_LINES, open_full_shop, web_order_details
from tests.verification.bench.item_size import write_units_of
from tests.verification.bench.meter import Meter, metered
from tests.verification.faults.build import counter_sale, open_shift, pad_key, park_vans, place_order

# On-demand list prices in USD per million for us-east-1; Jakarta costs about 15 % more.
WRITE_UNITS, READ_UNITS, GATEWAY_CALLS, LAMBDA_CALLS, SNS_PUBLISHES = 0.625, 0.125, 3.50, 0.20, 0.50
LAMBDA_GIGABYTE_SECONDS = 13.3334
LAMBDA_GIGABYTES = 0.5
CLIENT_CALLS = 41  # API calls per order: browsing, quoting, ordering, tracking
HANDLER_CALLS = 12  # two stream handlers and the topic handlers, which mostly get several messages per call
CALL_SECONDS = 0.025


@dataclass(frozen=True)
class Usage:
    reads: int
    transactions: int
    read_units: int
    write_units: float

    @classmethod
    def of(cls, meter: Meter) -> Usage:
        return cls(len(meter.reads), len(meter.transactions), read_units(meter), meter.write_units)


def read_units(meter: Meter) -> int:
    """Count one unit per consistently read row under 4 KB and per query; the local engine reports wrong numbers."""
    units = 0
    for name, params in meter.requests:
        if name == "BatchGetItem":
            units += sum(len(request["Keys"]) for request in params["RequestItems"].values())
        elif name in ("GetItem", "Query"):
            units += 1
    return units


def measure_counter_sale() -> tuple[Usage, int]:
    """Return the usage of a cash sale, and its write units by the sizes of its rows."""

    def sell(key: str) -> Any:
        body = counter_sale(*THREE_LINES)
        return call("POST", "/api/orders", body, key=pad_key(key), token=token("cashier-sinta"))

    open_full_shop()
    open_shift("cashier-sinta")
    sell("the-first-sale")
    with metered() as meter:
        assert sell("the-counted-sale").status == 201
    return Usage.of(meter), sum(write_units_of(meter.transactions[0]).values())


def measure_order_life(drain: Callable[[], int], orders: int = 10) -> Usage:
    """Return the average usage of a web order: placed, offered, claimed, delivered, paid, notified and reported."""
    park_vans("salesman-budi", "salesman-dewi")
    drain()
    with metered() as meter:
        for number in range(orders):
            run_order_life(drain, number)
    usage = Usage.of(meter)
    return Usage(*(round(getattr(usage, name) / orders) for name in Usage.__dataclass_fields__))


def run_order_life(drain: Callable[[], int], number: int) -> None:
    from chalicelib.fulfillment.store import load_fulfillment_of_order

    order = place_order(f"a-whole-life-{number}", *THREE_LINES, **web_order_details(number)).json["id"]
    drain()
    post_ok(f"/api/offers/{load_fulfillment_of_order(order).offers[-1].id}/claim")
    work = load_fulfillment_of_order(order).fulfillments[-1].id
    for verb in ("pick", "ready", "dispatch", "deliver"):
        post_ok(f"/api/fulfillments/{work}/{verb}")
    drain()


def post_ok(path: str) -> None:
    answer = call("POST", path, token=token("salesman-budi"))
    assert answer.status < 300, answer.text


def cost_per_thousand_orders(life: Usage) -> dict[str, float]:
    """Return USD by service, without SMS and e-mail."""
    calls = CLIENT_CALLS + HANDLER_CALLS
    cost_per_million = {
        "DynamoDB": life.write_units * WRITE_UNITS + life.read_units * READ_UNITS,
        "API Gateway": CLIENT_CALLS * GATEWAY_CALLS,
        "Lambda": calls * (LAMBDA_CALLS + CALL_SECONDS * LAMBDA_GIGABYTES * LAMBDA_GIGABYTE_SECONDS),
        "SNS": life.transactions * SNS_PUBLISHES,
    }
    return {name: dollars / 1000 for name, dollars in cost_per_million.items()}
