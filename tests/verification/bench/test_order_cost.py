"""The DynamoDB calls and units of an order, as the engine meters them and by the sizes of its rows."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.client import call
from tests.conftest import clear_caches
from tests.shop import token
from tests.verification.bench.full_shop import THREE_LINES, open_full_shop, web_order_details
from tests.verification.bench.item_size import write_units_of
from tests.verification.bench.meter import metered
from tests.verification.faults.build import TRANSFER, counter_sale, open_shift, pad_key, place_order

MAX_UNITS = 20


def sell_at_the_counter(key: str) -> Any:
    body = counter_sale(*THREE_LINES)
    return call("POST", "/api/orders", body, key=pad_key(key), token=token("cashier-sinta"))


@pytest.mark.ministack
def test_three_lines_for_cash_take_two_reads_one_transaction_and_twenty_units(ministack: Any) -> None:
    open_full_shop()
    open_shift("cashier-sinta")
    sell_at_the_counter("the-first-sale")

    with metered() as meter:
        answer = sell_at_the_counter("the-counted-sale")

    assert answer.status == 201
    assert len(meter.reads) <= 2
    assert len(meter.names) - len(meter.reads) == 1
    by_size = write_units_of(meter.transactions[0])
    assert sum(by_size.values()) <= MAX_UNITS, by_size
    assert 0 < meter.write_units <= MAX_UNITS


@pytest.mark.ministack
def test_a_guest_on_the_web_takes_one_read_one_transaction_and_a_customer_more(ministack: Any) -> None:
    open_full_shop()
    place_order("the-first-order", *THREE_LINES, **web_order_details(1))

    with metered() as on_delivery:
        place_order("paid-on-delivery", *THREE_LINES, **web_order_details(2))
    with metered() as by_transfer:
        place_order("paid-by-transfer", *THREE_LINES, payments=TRANSFER, **web_order_details(3))

    assert on_delivery.names == by_transfer.names == ["BatchGetItem", "TransactWriteItems"]
    assert sum(write_units_of(on_delivery.transactions[0]).values()) <= 25
    # A transfer also writes a hold for each level, and the list of orders awaiting payment.
    assert sum(write_units_of(by_transfer.transactions[0]).values()) <= 34


@pytest.mark.ministack
def test_a_cold_process_also_reads_cached_rows(ministack: Any) -> None:
    open_full_shop()
    open_shift("cashier-sinta")
    sell_at_the_counter("the-first-sale")
    clear_caches()

    with metered() as meter:
        answer = sell_at_the_counter("the-counted-sale")

    assert answer.status == 201
    assert len(meter.reads) <= 5, meter.names
    assert len(meter.transactions) == 1


def test_the_order_function_loads_nothing_that_it_does_not_need() -> None:
    heavy = ["stripe", "jinja2", "boto3.resources", "requests", "asyncio", "hypothesis", "moto", "babel"]
    code = f"import app, sys; print(*[name for name in {heavy!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []
