"""What a page of each list costs when 1,000, 20,000 and 100,000 are in it.

Four orders are really lived through on the local engine; their rows are copied, under new ids, into memory that finds
a place in a list as DynamoDB does, so that what grows with the list could only be ours. Units are counted by the sizes
of what is read; milliseconds are CPU, the least of many rounds, in which the sizes take turns.
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
MIN_SECONDS = 0.004  # seconds
BLOCK, ENTRY_BYTES = 4096, 200  # an index keeps keys only
ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of ULIDs  # pragma: allowlist secret
Item = dict[str, Any]
Rows = dict[str, list[Item]]  # by table


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
        """What it reads, though an index need not be as fresh as the rest and costs half."""
        page = super().query(row, pk, options)
        size, whole = ENTRY_BYTES * len(page.items), 0.5
        if not options.index:
            table, whole = self.tables[row.Meta.table_name], 1
            size = sum(size_of(table.rows[each.pk][each.sk]) for each in page.items)
        self.add(whole * max(1, math.ceil(size / BLOCK)))
        return page


@dataclass(frozen=True)
class ListCase:
    name: str
    model: str  # of which of the four its rows are
    is_read: Callable[[str, Item], bool]  # (table, row): the rows that a page of it reads
    read: Callable[[], int]  # how many it shows


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


def rows_with_prefix(table: str, *beginnings: str) -> Callable[[str, Item], bool]:
    """Rows of this table whose sort key begins so."""
    return lambda name, item: name == f"test-{table}" and item["sk"]["S"].startswith(beginnings)


def any_of(*each: Callable[[str, Item], bool]) -> Callable[[str, Item], bool]:
    return lambda name, item: any(one(name, item) for one in each)


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
            "open offers, none at its end",
            "web",
            rows_with_prefix("orders", "off_"),
            lambda: len(list_due_offers(clock.now())),
        ),
        ListCase("waiting for money, none too long", "transfer", rows_with_prefix("orders", "waiting"), count_waiting),
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
    """The shop before, the rows that each order left, and the cashier's shift."""
    open_full_shop()
    creditor = a_credit_customer(900_000_000)
    open_shift("cashier-sinta")
    park_vans("salesman-budi", "salesman-dewi")
    drain()
    shop = load_all_rows()
    shift = next(item["pk"]["S"] for item in shop["test-payments"] if item["pk"]["S"].startswith("shf_"))
    counter = counter_sale(*THREE_LINES)
    on_credit = {"channel": "phone", "customer": {"id": creditor}, "payments": CREDIT}
    sold = {
        "web": lambda: place_order("a-model-web-order", *THREE_LINES, **web_order_details(1)),
        "transfer": lambda: place_order("a-model-transfer", *THREE_LINES, payments=TRANSFER, **web_order_details(2)),
        "credit": lambda: place_order("a-model-credit-order", *THREE_LINES, by="agent-lia", **on_credit),
        "cash": lambda: call("POST", "/api/orders", counter, key=pad_key("a-model-sale"), token=token("cashier-sinta")),
    }
    models, before = {}, shop
    for name, sell in sold.items():
        told = sell()
        assert told.status == 201, told.text
        drain()
        after = load_all_rows()
        models[name], before = new_rows(before, after), after
    return shop, models, shift


def new_rows(before: Rows, after: Rows) -> Rows:
    known = {name: {(item["pk"]["S"], item["sk"]["S"]) for item in rows} for name, rows in without_journal(before)}
    return {
        name: [item for item in rows if (item["pk"]["S"], item["sk"]["S"]) not in known[name]]
        for name, rows in without_journal(after)
    }


def without_journal(rows: Rows) -> Iterator[tuple[str, list[Item]]]:
    return ((name, items) for name, items in rows.items() if name != "test-journal")  # no list is read from there


def find_ulids(rows: Rows) -> set[str]:
    return {found for items in rows.values() for item in items for found in ULID.findall(str(item))}


class RowCopies:
    """The rows of a model under as many new ids as are wanted, in the order of those."""

    def __init__(self, rows: list[tuple[str, Item]], own: set[str]) -> None:
        self.rows = [(name, item, self.find_own_ids(item, own)) for name, item in rows]

    @staticmethod
    def find_own_ids(item: Item, own: set[str]) -> list[tuple[str, str, str, list[str]]]:
        found = []
        for name, typed in item.items():
            ((kind, value),) = typed.items()
            ids = [each for each in set(ULID.findall(value)) if each in own] if isinstance(value, str) else []
            if ids:
                found.append((name, kind, value, ids))
        return found

    def put(self, stores: Sequence[tuple[MemoryEngine, int]]) -> None:
        for number in range(max(size for _, size in stores)):
            for name, item, changing in self.rows:
                made = dict(item)
                for attribute, kind, value, ids in changing:
                    for each in ids:
                        value = value.replace(each, numbered_ulid(each, number))
                    made[attribute] = {kind: value}
                kept = StoredItem(made)
                for store, size in stores:
                    if number < size:
                        store.tables[name].put(made["pk"]["S"], made["sk"]["S"], kept)


def numbered_ulid(ulid: str, number: int) -> str:
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 32)
        digits = ULID_DIGITS[digit] + digits
    return f"{ulid[:10]}{digits}{ulid[16:]}"


def measure(
    each: ListCase, shop: Rows, model: Rows, sizes: Sequence[int] = SIZES, rounds: int = ROUNDS
) -> list[PageCost]:
    rows = [(name, item) for name, items in model.items() for item in items if each.is_read(name, item)]
    assert rows, f"{each.name}: its order left no such row"
    stores = [CountingMemory() for _ in sizes]
    for store in stores:
        for name, items in without_journal(shop):
            for item in items:
                store.tables[name].put(item["pk"]["S"], item["sk"]["S"], StoredItem(item))
    RowCopies(rows, find_ulids(model) - find_ulids(shop)).put(list(zip(stores, sizes)))
    found = [PageCost() for _ in sizes]
    with without_gc():
        for _ in range(rounds):
            for store, one in zip(stores, found):
                db.engine, store.calls, store.units = store, 0, 0.0
                one.items = each.read()
                one.calls, one.units = store.calls, store.units
                one.milliseconds.append(cpu_milliseconds(each.read))
    return found


def cpu_milliseconds(read: Callable[[], int]) -> float:
    """Of one, from as many as take long enough to be told from nothing."""
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
