"""What an order asks of the tables, from the counter to its last notice, and what that costs by the list price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.client import call
from tests.shop import token
from tests.verification.bench.meter import Meter, metered
from tests.verification.bench.shop import THREE_LINES, open_full_shop, somebody
from tests.verification.bench.size import units_of
from tests.verification.faults.build import at_the_counter, open_a_shift, padded, parked, place

# USD for a million, on demand, as AWS lists them for us-east-1; Jakarta is some 15 % above.
WRITE_UNITS, READ_UNITS, GATEWAY_CALLS, LAMBDA_CALLS, PUBLISHED = 0.625, 0.125, 3.50, 0.20, 0.50
LAMBDA_GIGABYTE_SECONDS = 13.3334
LAMBDA_GIGABYTES = 0.5
SHOPPERS_CALLS = 41  # of the API for one order: looking, quoting, ordering, asking where it is
LISTENERS_CALLS = 12  # the stream twice, its topics' listeners, each mostly with several messages
CALL_SECONDS = 0.025


@dataclass(frozen=True)
class Counted:
    reads: int
    transactions: int
    read_units: int
    write_units: float

    @classmethod
    def of(cls, meter: Meter) -> Counted:
        return cls(len(meter.reads), len(meter.transactions), read_units(meter), meter.written)


def read_units(meter: Meter) -> int:
    """One for each row asked for, consistently and under 4 KB, and one for each query; the engine's are not right."""
    found = 0
    for name, params in meter.requests:
        if name == "BatchGetItem":
            found += sum(len(said["Keys"]) for said in params["RequestItems"].values())
        elif name in ("GetItem", "Query"):
            found += 1
    return found


def at_a_counter() -> tuple[Counted, int]:
    """And the write units by the sizes of its rows."""

    def sell(key: str) -> Any:
        said = at_the_counter(*THREE_LINES)
        return call("POST", "/api/orders", said, key=padded(key), token=token("cashier-sinta"))

    open_full_shop()
    open_a_shift("cashier-sinta")
    sell("the-first-sale")
    with metered() as meter:
        assert sell("the-counted-sale").status == 201
    return Counted.of(meter), sum(units_of(meter.transactions[0]).values())


def whole_life(drain: Callable[[], int], orders: int = 10) -> Counted:
    """Of one web order on an average: placed, offered, claimed, brought, paid, told of and summed."""
    parked("salesman-budi", "salesman-dewi")
    drain()
    with metered() as meter:
        for number in range(orders):
            one_life(drain, number)
    found = Counted.of(meter)
    return Counted(*(round(getattr(found, name) / orders) for name in Counted.__dataclass_fields__))


def one_life(drain: Callable[[], int], number: int) -> None:
    from chalicelib.fulfillment.store import load_case

    order = place(f"a-whole-life-{number}", *THREE_LINES, **somebody(number)).json["id"]
    drain()
    done(f"/api/offers/{load_case(order).offers[-1].id}/claim")
    work = load_case(order).works[-1].id
    for verb in ("pick", "ready", "dispatch", "deliver"):
        done(f"/api/fulfillments/{work}/{verb}")
    drain()


def done(path: str) -> None:
    answer = call("POST", path, token=token("salesman-budi"))
    assert answer.status < 300, answer.text


def cost_of_a_thousand(life: Counted) -> dict[str, float]:
    """USD; messages to people are not the core's."""
    calls = SHOPPERS_CALLS + LISTENERS_CALLS
    each = {
        "DynamoDB": life.write_units * WRITE_UNITS + life.read_units * READ_UNITS,
        "API Gateway": SHOPPERS_CALLS * GATEWAY_CALLS,
        "Lambda": calls * (LAMBDA_CALLS + CALL_SECONDS * LAMBDA_GIGABYTES * LAMBDA_GIGABYTE_SECONDS),
        "SNS": life.transactions * PUBLISHED,
    }
    return {name: a_million / 1000 for name, a_million in each.items()}
