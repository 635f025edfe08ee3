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

from chalicelib.fulfillment.store import due_offers
from chalicelib.kit import clock, db
from chalicelib.kit.db import Key, Page, QueryOptions
from chalicelib.orders.store import waiting_until
from tests.client import call
from tests.conftest import forget
from tests.shop import a_creditor, token
from tests.verification.bench.shop import GOODS, THREE_LINES, open_full_shop, somebody
from tests.verification.bench.size import size_of
from tests.verification.faults.build import (
    CREDIT,
    TRANSFER,
    at_the_counter,
    everything,
    open_a_shift,
    padded,
    parked,
    place,
)
from tests.verification.simulator.memory import Memory
from tests.verification.simulator.store import Item as StoredItem

SIZES = (1_000, 20_000, 100_000)
ROUNDS = 25
LONG_ENOUGH = 0.004  # seconds
BLOCK, ENTRY_BYTES = 4096, 200  # an index keeps keys only
ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of ULIDs  # pragma: allowlist secret
Item = dict[str, Any]
Rows = dict[str, list[Item]]  # by table


class Counting(Memory):
    calls = 0
    units = 0.0

    def counted(self, units: float) -> None:
        self.calls, self.units = self.calls + 1, self.units + units

    def get(self, key: Key, consistent: bool) -> Any:
        self.counted(self.blocks(key))
        return super().get(key, consistent)

    def batch(self, keys: Sequence[Key]) -> dict[Key, Any]:
        self.counted(sum(map(self.blocks, keys)))
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
        self.counted(whole * max(1, math.ceil(size / BLOCK)))
        return page


@dataclass(frozen=True)
class List:
    name: str
    order: str  # of which of the four its rows are
    shown: Callable[[str, Item], bool]  # (table, row): the rows that a page of it reads
    read: Callable[[], int]  # how many it shows


@dataclass
class Found:
    shown: int = 0
    calls: int = 0
    units: float = 0.0
    milliseconds: list[float] = field(default_factory=list)


def asked(path: str, by: str = "owner-ratna", **query: Any) -> Callable[[], int]:
    def read() -> int:
        answer = call("GET", f"/api{path}", token=token(by), query=query)
        assert answer.status == 200, answer.text
        return len(answer.json["items"])

    return read


def of(table: str, *beginnings: str) -> Callable[[str, Item], bool]:
    """Rows of this table whose sort key begins so."""
    return lambda name, item: name == f"test-{table}" and item["sk"]["S"].startswith(beginnings)


def either(*each: Callable[[str, Item], bool]) -> Callable[[str, Item], bool]:
    return lambda name, item: any(one(name, item) for one in each)


def lists(shift: str) -> list[List]:
    order, sku = of("orders", "order"), next(iter(GOODS))
    work = either(order, of("orders", "ful_"), of("payments", ""))
    lines = of("payments", "")
    return [
        List("orders of a day and channel", "web", order, asked("/orders", channel="web", limit=50)),
        List("orders of a day, all channels", "web", order, asked("/orders", limit=50)),
        List("orders of a customer", "credit", order, asked("/orders", customer="cus_makmur", limit=50)),
        List("open work of a location", "web", work, asked("/fulfillments", location="wh-surabaya")),
        List("open offers, none at its end", "web", of("orders", "off_"), lambda: len(due_offers(clock.now()))),
        List("waiting for money, none too long", "transfer", of("orders", "waiting"), waiting),
        List("inbox of a warehouse", "web", of("notify", "evt_"), asked("/inbox", "warehouse-joko", limit=50)),
        List("receivables", "credit", lines, asked("/receivables", limit=50)),
        List("receipts of a shift", "cash", lines, asked(f"/shifts/{shift}/receipts", limit=50)),
        List("history of a level", "web", of("stock", "evt_"), history(sku)),
        List("orders behind a figure", "web", either(of("reporting", ""), order), behind),
    ]


def waiting() -> int:
    return sum(1 for _ in waiting_until(clock.now()))


def history(sku: str) -> Callable[[], int]:
    return asked("/stock/history", sku=sku, location="wh-surabaya", limit=50)


def behind() -> int:
    from chalicelib.kit import config

    day = clock.day_of(clock.now(), config.zone()).isoformat()
    return asked("/reports/recap/orders", **{"from": day, "to": day, "channel": "web", "limit": 50})()


def lived(drain: Callable[[], int]) -> tuple[Rows, dict[str, Rows], str]:
    """The shop before, the rows that each order left, and the cashier's shift."""
    open_full_shop()
    creditor = a_creditor(900_000_000)
    open_a_shift("cashier-sinta")
    parked("salesman-budi", "salesman-dewi")
    drain()
    shop = everything()
    shift = next(item["pk"]["S"] for item in shop["test-payments"] if item["pk"]["S"].startswith("shf_"))
    counter = at_the_counter(*THREE_LINES)
    on_credit = {"channel": "phone", "customer": {"id": creditor}, "payments": CREDIT}
    sold = {
        "web": lambda: place("a-model-web-order", *THREE_LINES, **somebody(1)),
        "transfer": lambda: place("a-model-transfer", *THREE_LINES, payments=TRANSFER, **somebody(2)),
        "credit": lambda: place("a-model-credit-order", *THREE_LINES, by="agent-lia", **on_credit),
        "cash": lambda: call("POST", "/api/orders", counter, key=padded("a-model-sale"), token=token("cashier-sinta")),
    }
    models, before = {}, shop
    for name, sell in sold.items():
        told = sell()
        assert told.status == 201, told.text
        drain()
        after = everything()
        models[name], before = new(before, after), after
    return shop, models, shift


def new(before: Rows, after: Rows) -> Rows:
    known = {name: {(item["pk"]["S"], item["sk"]["S"]) for item in rows} for name, rows in plain(before)}
    return {
        name: [item for item in rows if (item["pk"]["S"], item["sk"]["S"]) not in known[name]]
        for name, rows in plain(after)
    }


def plain(rows: Rows) -> Iterator[tuple[str, list[Item]]]:
    return ((name, items) for name, items in rows.items() if name != "test-journal")  # no list is read from there


def ulids(rows: Rows) -> set[str]:
    return {found for items in rows.values() for item in items for found in ULID.findall(str(item))}


class Copies:
    """The rows of a model under as many new ids as are wanted, in the order of those."""

    def __init__(self, rows: list[tuple[str, Item]], own: set[str]) -> None:
        self.rows = [(name, item, self.changing(item, own)) for name, item in rows]

    @staticmethod
    def changing(item: Item, own: set[str]) -> list[tuple[str, str, str, list[str]]]:
        found = []
        for name, typed in item.items():
            ((kind, value),) = typed.items()
            ids = [each for each in set(ULID.findall(value)) if each in own] if isinstance(value, str) else []
            if ids:
                found.append((name, kind, value, ids))
        return found

    def put(self, stores: Sequence[tuple[Memory, int]]) -> None:
        for number in range(max(size for _, size in stores)):
            for name, item, changing in self.rows:
                made = dict(item)
                for attribute, kind, value, ids in changing:
                    for each in ids:
                        value = value.replace(each, another(each, number))
                    made[attribute] = {kind: value}
                kept = StoredItem(made)
                for store, size in stores:
                    if number < size:
                        store.tables[name].put(made["pk"]["S"], made["sk"]["S"], kept)


def another(ulid: str, number: int) -> str:
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 32)
        digits = DIGITS[digit] + digits
    return f"{ulid[:10]}{digits}{ulid[16:]}"


def measured(each: List, shop: Rows, model: Rows, sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> list[Found]:
    rows = [(name, item) for name, items in model.items() for item in items if each.shown(name, item)]
    assert rows, f"{each.name}: its order left no such row"
    stores = [Counting() for _ in sizes]
    for store in stores:
        for name, items in plain(shop):
            for item in items:
                store.tables[name].put(item["pk"]["S"], item["sk"]["S"], StoredItem(item))
    Copies(rows, ulids(model) - ulids(shop)).put(list(zip(stores, sizes)))
    found = [Found() for _ in sizes]
    with undisturbed():
        for _ in range(rounds):
            for store, one in zip(stores, found):
                db.engine, store.calls, store.units = store, 0, 0.0
                one.shown = each.read()
                one.calls, one.units = store.calls, store.units
                one.milliseconds.append(milliseconds(each.read))
    return found


def milliseconds(read: Callable[[], int]) -> float:
    """Of one, from as many as take long enough to be told from nothing."""
    count, began = 0, time.process_time()
    while (used := time.process_time() - began) < LONG_ENOUGH:
        read()
        count += 1
    return 1000 * used / count


@contextmanager
def undisturbed() -> Iterator[None]:
    engine = db.engine
    forget()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        db.engine = engine
        forget()
