"""Measure the cost of one page of each list with 1,000, 20,000 and 100,000 entries in it.

Four model orders are placed on the local engine; their rows are copied with new ids into memory, which seeks in a list
as DynamoDB does, so that any growth with the size is caused by our code. Read units follow from the sizes of the items;
times are milliseconds of CPU, the minimum of many rounds in which the sizes take turns.
"""

from __future__ import annotations

import gc
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.fulfillment.store import list_due_offers
from chalicelib.kit import clock, db
from chalicelib.kit.db import Key, Page, QueryOptions
from chalicelib.orders.store import list_unpaid_order_ids
from tests.client import call
from tests.conftest import clear_caches
from tests.shop import a_credit_customer, token
from tests.verification.bench.full_shop import GOODS, THREE_LINES, open_full_shop, web_order_details
from tests.verification.bench.item_size import size_of
from tests.verification.faults.build import (
    CREDIT,
    TRANSFER,
    counter_sale,
    load_all_rows,
    open_shift,
    pad_key,
    park_vans,
    place_order,
)
from tests.verification.simulator.memory_engine import MemoryEngine
from tests.verification.simulator.store import Item as StoredItem

SIZES = (1_000, 20_000, 100_000)
ROUNDS = 25
MIN_SECONDS = 0.004  # of one measurement
BLOCK, ENTRY_BYTES = 4096, 200  # an index contains only keys
ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret
Item = dict[str, Any]
Rows = dict[str, list[Item]]  # items by table name


class CountingMemory(MemoryEngine):
    calls = 0
    units = 0.0

    def add(self, units: float) -> None:
        self.calls, self.units = self.calls + 1, self.units + units

    def get(self, key: Key, consistent: bool) -> Any:
        self.add(self.blocks(key))
        return super().get(key, consistent)

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self.add(sum(map(self.blocks, keys)))
        return super().batch(keys)

    def blocks(self, key: Key) -> int:
        item = self.tables[key.row.Meta.table_name].get(key.pk, key.sk)
        return math.ceil(size_of(item) / BLOCK) if item else 1

    def query(self, row: Any, pk: str, options: QueryOptions) -> Page:
        """Query and count the units; eventually consistent reads of an index cost half."""
        page = super().query(row, pk, options)
        size, units_per_block = ENTRY_BYTES * len(page.items), 0.5
        if not options.index:
            table, units_per_block = self.tables[row.Meta.table_name], 1
            size = sum(size_of(table.rows[item.pk][item.sk]) for item in page.items)
        self.add(units_per_block * max(1, math.ceil(size / BLOCK)))
        return page


@dataclass(frozen=True)
class ListCase:
    name: str
    model: str  # the model order that its rows are copied from
    is_read: Callable[[str, Item], bool]  # (table, item): True for the rows that a page reads
    read: Callable[[], int]  # reads a page and returns the number of its entries


@dataclass
class PageCost:
    items: int = 0
    calls: int = 0
    units: float = 0.0
    milliseconds: list[float] = field(default_factory=list)


def list_request(path: str, by: str = "owner-ratna", **query: Any) -> Callable[[], int]:
    def read() -> int:
        answer = call("GET", f"/api{path}", token=token(by), query=query)
        assert answer.status == 200, answer.text
        return len(answer.json["items"])

    return read


def rows_with_prefix(table: str, *prefixes: str) -> Callable[[str, Item], bool]:
    """Return a predicate for the rows of this table whose sort key begins with one of the prefixes."""
    return lambda name, item: name == f"test-{table}" and item["sk"]["S"].startswith(prefixes)


def any_of(*predicates: Callable[[str, Item], bool]) -> Callable[[str, Item], bool]:
    return lambda name, item: any(predicate(name, item) for predicate in predicates)


def list_cases(shift: str) -> list[ListCase]:
    order, sku = rows_with_prefix("orders", "order"), next(iter(GOODS))
    work = any_of(order, rows_with_prefix("orders", "ful_"), rows_with_prefix("payments", ""))
    lines = rows_with_prefix("payments", "")
    return [
        ListCase("orders of a day and channel", "web", order, list_request("/orders", channel="web", limit=50)),
        ListCase("orders of a day, all channels", "web", order, list_request("/orders", limit=50)),
        ListCase("orders of a customer", "credit", order, list_request("/orders", customer="cus_makmur", limit=50)),
        ListCase("open work of a location", "web", work, list_request("/fulfillments", location="wh-surabaya")),
        ListCase(
            "open offers, none expired",
            "web",
            rows_with_prefix("orders", "off_"),
            lambda: len(list_due_offers(clock.now())),
        ),
        ListCase(
            "orders awaiting payment, none overdue", "transfer", rows_with_prefix("orders", "waiting"), count_waiting
        ),
        ListCase(
            "inbox of a warehouse",
            "web",
            rows_with_prefix("notify", "evt_"),
            list_request("/inbox", "warehouse-joko", limit=50),
        ),
        ListCase("receivables", "credit", lines, list_request("/receivables", limit=50)),
        ListCase("receipts of a shift", "cash", lines, list_request(f"/shifts/{shift}/receipts", limit=50)),
        ListCase("history of a level", "web", rows_with_prefix("stock", "evt_"), stock_history(sku)),
        ListCase(
            "orders behind a figure", "web", any_of(rows_with_prefix("reporting", ""), order), orders_behind_figure
        ),
    ]


def count_waiting() -> int:
    return sum(1 for _ in list_unpaid_order_ids(clock.now()))


def stock_history(sku: str) -> Callable[[], int]:
    return list_request("/stock/history", sku=sku, location="wh-surabaya", limit=50)


def orders_behind_figure() -> int:
    from chalicelib.kit import config

    day = clock.day_of(clock.now(), config.zone()).isoformat()
    return list_request("/reports/recap/orders", **{"from": day, "to": day, "channel": "web", "limit": 50})()


def build_models(drain: Callable[[], int]) -> tuple[Rows, dict[str, Rows], str]:
    """Place the model orders; return (rows of the shop before, rows of each order by name, id of the open shift)."""
    open_full_shop()
    creditor = a_credit_customer(900_000_000)
    open_shift("cashier-sinta")
    park_vans("salesman-budi", "salesman-dewi")
    drain()
    shop = load_all_rows()
    shift = next(item["pk"]["S"] for item in shop["test-payments"] if item["pk"]["S"].startswith("shf_"))
    counter = counter_sale(*THREE_LINES)
    on_credit = {"channel": "phone", "customer": {"id": creditor}, "payments": CREDIT}
    orders = {
        "web": lambda: place_order("a-model-web-order", *THREE_LINES, **web_order_details(1)),
        "transfer": lambda: place_order("a-model-transfer", *THREE_LINES, payments=TRANSFER, **web_order_details(2)),
        "credit": lambda: place_order("a-model-credit-order", *THREE_LINES, by="agent-lia", **on_credit),
        "cash": lambda: call("POST", "/api/orders", counter, key=pad_key("a-model-sale"), token=token("cashier-sinta")),
    }
    models, before = {}, shop
    for name, place in orders.items():
        answer = place()
        assert answer.status == 201, answer.text
        drain()
        after = load_all_rows()
        models[name], before = new_rows(before, after), after
    return shop, models, shift


def new_rows(before: Rows, after: Rows) -> Rows:
    keys = {name: {(item["pk"]["S"], item["sk"]["S"]) for item in rows} for name, rows in without_journal(before)}
    return {
        name: [item for item in rows if (item["pk"]["S"], item["sk"]["S"]) not in keys[name]]
        for name, rows in without_journal(after)
    }


def without_journal(rows: Rows) -> Iterator[tuple[str, list[Item]]]:
    return ((name, items) for name, items in rows.items() if name != "test-journal")  # no list reads the journal


def find_ulids(rows: Rows) -> set[str]:
    return {ulid for items in rows.values() for item in items for ulid in ULID.findall(str(item))}


class RowCopies:
    """Copies of the rows of a model order, with new ids in ascending order."""

    def __init__(self, rows: list[tuple[str, Item]], own: set[str]) -> None:
        self.rows = [(name, item, self.find_own_ids(item, own)) for name, item in rows]

    @staticmethod
    def find_own_ids(item: Item, own: set[str]) -> list[tuple[str, str, str, list[str]]]:
        """Return (attribute, type, value, ids) of each attribute that contains ids of the model order."""
        attributes = []
        for name, typed in item.items():
            ((kind, value),) = typed.items()
            ids = [ulid for ulid in set(ULID.findall(value)) if ulid in own] if isinstance(value, str) else []
            if ids:
                attributes.append((name, kind, value, ids))
        return attributes

    def put(self, stores: Sequence[tuple[MemoryEngine, int]]) -> None:
        for number in range(max(size for _, size in stores)):
            for name, item, attributes in self.rows:
                copy = dict(item)
                for attribute, kind, value, ids in attributes:
                    for ulid in ids:
                        value = value.replace(ulid, numbered_ulid(ulid, number))
                    copy[attribute] = {kind: value}
                stored = StoredItem(copy)
                for store, size in stores:
                    if number < size:
                        store.tables[name].put(copy["pk"]["S"], copy["sk"]["S"], stored)


def numbered_ulid(ulid: str, number: int) -> str:
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 32)
        digits = ULID_DIGITS[digit] + digits
    return f"{ulid[:10]}{digits}{ulid[16:]}"


def measure(
    case: ListCase, shop: Rows, model: Rows, sizes: Sequence[int] = SIZES, rounds: int = ROUNDS
) -> list[PageCost]:
    """Return the cost of one page at each size."""
    rows = [(name, item) for name, items in model.items() for item in items if case.is_read(name, item)]
    assert rows, f"{case.name}: the model order has no such row"
    stores = [CountingMemory() for _ in sizes]
    for store in stores:
        for name, items in without_journal(shop):
            for item in items:
                store.tables[name].put(item["pk"]["S"], item["sk"]["S"], StoredItem(item))
    RowCopies(rows, find_ulids(model) - find_ulids(shop)).put(list(zip(stores, sizes)))
    costs = [PageCost() for _ in sizes]
    with without_gc():
        for _ in range(rounds):
            for store, cost in zip(stores, costs):
                db.engine, store.calls, store.units = store, 0, 0.0
                cost.items = case.read()
                cost.calls, cost.units = store.calls, store.units
                cost.milliseconds.append(cpu_milliseconds(case.read))
    return costs


def cpu_milliseconds(read: Callable[[], int]) -> float:
    """Return the CPU time of one call, averaged over as many calls as a reliable measurement needs."""
    count, began = 0, time.process_time()
    while (used := time.process_time() - began) < MIN_SECONDS:
        read()
        count += 1
    return 1000 * used / count


@contextmanager
def without_gc() -> Iterator[None]:
    engine = db.engine
    clear_caches()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        db.engine = engine
        clear_caches()
