"""The contents of a shop's tables as plain values, read once. The invariants read nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic_core import from_json

from chalicelib.kit import clock
from chalicelib.kit.packages import TABLES
from infra.invariants.transitions import Transition, list_transitions

FIRST_INBOUND_SHARD = 10_000_000  # shard numbers from here on are days on which goods are expected
DELIVERY_GRACE = clock.minutes(1)
TIMER_GRACE = clock.minutes(3)  # timers run once a minute

SUBJECTS_WITH_STATES = ("order#", "transfer#", "shift#")

Row = dict[str, Any]

# Cached because a simulation checks its tables after every step and few texts change between two steps. Parsed values
# are shared, so callers must not modify them.
_parse_json = lru_cache(maxsize=8_192)(from_json)


def load_snapshot(client: Any, prefix: str, now: datetime | None = None, is_idle: bool = False) -> Snapshot:
    """Return the tables' contents by consistent scans, one table after the other.

    While the shop is in use, a change between two scans can look like a violation: check a second time.
    """
    rows = {name: [item_to_row(item) for item in scan_table(client, f"{prefix}-{name}")] for name in TABLES}
    at = now or clock.now()
    return Snapshot(
        rows, clock.iso(at), "~" if is_idle else clock.iso(at - DELIVERY_GRACE), clock.iso(at - TIMER_GRACE)
    )


def scan_table(client: Any, table: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def item_to_row(item: Mapping[str, Any]) -> Row:
    """Return a DynamoDB item without its type tags; numbers become int or float."""
    row: Row = {}
    for name, typed in item.items():
        if "S" in typed:
            row[name] = typed["S"]
        elif "N" in typed:
            row[name] = _number(typed["N"])
        else:
            (row[name],) = typed.values()
    return row


def _number(value: str) -> int | float:
    try:
        return int(value)
    except ValueError:
        return float(value)


@dataclass(frozen=True)
class Snapshot:
    """The rows of each package's table.

    The invariants assume that every event that occurred before `delivered_before` has been processed by all its
    handlers, and that every deadline before `timers_ran_before` has been handled.
    """

    rows: Mapping[str, list[Row]]
    now: str
    delivered_before: str
    timers_ran_before: str = ""
    projections_run: bool = True  # False if the handlers of the ledger and the recap do not run

    @cached_property
    def entries(self) -> list[Row]:
        """All journal entries by subject and sequence, with `fields`: the parsed body."""
        for row in self.rows["journal"]:
            if "fields" not in row:  # a simulation passes the same row many times, and entries never change
                row["fields"] = _parse_json(row["body"])
        return sorted(self.rows["journal"], key=itemgetter("subject", "sequence"))

    @cached_property
    def journal(self) -> dict[str, list[Row]]:
        by_subject: dict[str, list[Row]] = {}
        for entry in self.entries:
            by_subject.setdefault(entry["subject"], []).append(entry)
        return by_subject

    @cached_property
    def transitions(self) -> list[list[Transition]]:
        """The state transitions in each subject's history."""
        histories = [entries for subject, entries in self.journal.items() if subject.startswith(SUBJECTS_WITH_STATES)]
        return [list(list_transitions(history, self.fulfillments)) for history in histories]

    @cached_property
    def entries_by_event_id(self) -> dict[str, Row]:
        return {entry["event_id"]: entry for entry in self.entries}

    def bodies_of_kind(self, *kinds: str) -> list[Row]:
        """The parsed bodies of all entries of these kinds."""
        return [entry["fields"] for entry in self.entries if entry["kind"] in kinds]

    def values_ever_set(self, subject: str, name: str) -> set[Any]:
        """Every non-empty value that the field of a record ever had, from `changed` in its entries."""
        changes = (entry["fields"].get("changed", {}).get(name, {}) for entry in self.journal.get(subject, ()))
        return {value for change in changes for value in map(_hashable, change.values()) if value}

    def values_ever_reported(self, subject: str, name: str) -> set[Any]:
        """Every value of a top-level field in the subject's entries."""
        return {entry["fields"][name] for entry in self.journal.get(subject, ()) if name in entry["fields"]}

    @cached_property
    def promotion_by_coupon(self) -> dict[str, str]:
        """Promotion ids by coupon code."""
        codes = [row for row in self.rows["pricing"] if row["sk"] == "coupon"]
        return {row["pk"].removeprefix("coupon#"): row["promotion_id"] for row in codes}

    def history(self, order_id: str) -> list[Row]:
        """The journal entries of an order, oldest first."""
        return self.journal.get(f"order#{order_id}", [])

    @cached_property
    def movements(self) -> list[tuple[str, Movement]]:
        """(subject, movement) of all entries."""
        return [
            (entry["subject"], Movement(**fields))
            for entry in self.entries
            for fields in entry["fields"].get("movements", ())
        ]

    @cached_property
    def postings(self) -> dict[str, int]:
        """The balance of each account."""
        postings = (posting for entry in self.entries for posting in entry["fields"].get("postings", ()))
        return sum_by_key((posting["account"], posting["minor"]) for posting in postings)

    @cached_property
    def orders(self) -> dict[str, Row]:
        return {row["pk"]: _parse_order(row) for row in self._rows("orders", sk="order")}

    @cached_property
    def fulfillments(self) -> dict[str, Row]:
        return {row["sk"]: row | _parse_json(row["body"]) for row in self._rows("orders", sk="ful_")}

    @cached_property
    def offers(self) -> dict[str, Row]:
        return {row["sk"]: row | _parse_json(row["body"]) for row in self._rows("orders", sk="off_")}

    @cached_property
    def stranded(self) -> set[str]:
        """Ids of the orders that no location can fulfill."""
        return {row["pk"] for row in self._rows("orders", sk="stranded")}

    @cached_property
    def orders_owing_refund(self) -> set[str]:
        """Ids of the orders that are listed as owing a refund."""
        return {row["pk"] for row in self._rows("orders", sk="refund_owed")}

    @cached_property
    def fulfillments_of_order(self) -> dict[str, list[Row]]:
        by_order: dict[str, list[Row]] = {}
        for work in self.fulfillments.values():
            by_order.setdefault(work["pk"], []).append(work)
        return by_order

    @cached_property
    def levels(self) -> dict[str, Row]:
        return {row["pk"]: row for row in self._rows("stock", sk="level")}

    @cached_property
    def holds(self) -> list[Row]:
        """Hold rows with `until` and `order` from their sort keys."""
        keys = ((row, row["sk"].split("#", 2)) for row in self._rows("stock", sk="hold#"))
        return [row | {"until": until, "order": order} for row, (_, until, order) in keys]

    @cached_property
    def transfers(self) -> list[Row]:
        return [row | {"lines": _parse_json(row["lines"])} for row in self._rows("stock", sk="transfer")]

    @cached_property
    def payments(self) -> dict[str, Row]:
        return {row["pk"]: row for row in self._rows("payments", sk="payment")}

    @cached_property
    def payments_of_order(self) -> dict[str, list[Row]]:
        by_order: dict[str, list[Row]] = {}
        for payment in self.payments.values():
            by_order.setdefault(payment["order_id"], []).append(payment)
        return by_order

    @cached_property
    def receivables(self) -> list[Row]:
        return [row for row in self.rows["payments"] if row["pk"].startswith("receivables#")]

    @cached_property
    def shifts(self) -> dict[str, Row]:
        """Till shifts and cash bags by id, without the `shift#open#` copies that locate a person's open shift."""
        rows = self._rows("payments", sk="shift")
        return {row["pk"]: row for row in rows if not row["pk"].startswith("shift#open#")}

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The stored answer of each idempotent request."""
        return {row["pk"]: from_json(zlib.decompress(row["answer"])) for row in self.rows["requests"]}

    @cached_property
    def notices(self) -> list[Row]:
        """Inbox rows. A row with `parties` also begins with an event id, but lists the parties notified of it."""
        return [row for row in self._rows("notify", sk="evt_") if "parties" not in row]

    @cached_property
    def notified_parties(self) -> list[Row]:
        """Rows that list the parties notified of an event, with `event` and `parties`."""
        rows = [row for row in self.rows["notify"] if "parties" in row]
        return [row | {"event": row["sk"].partition("#")[0], "parties": _parse_json(row["parties"])} for row in rows]

    @cached_property
    def sends(self) -> list[Row]:
        """Send rows with `event`, `party` and `channel` from their keys. A party contains a `#` itself."""
        return [row | _split_send_key(row["pk"]) for row in self._rows("notify", sk="sent")]

    def is_live(self, order_id: str) -> bool:
        """Whether the order is placed or completed; drafts and cancelled orders are not live."""
        return self.orders.get(order_id, {}).get("status") in ("placed", "completed")

    def _rows(self, package: str, sk: str) -> list[Row]:
        """Rows whose sort key equals `sk`, or begins with it when it ends in `_` or `#`."""
        is_prefix = sk.endswith(("_", "#"))
        return [row for row in self.rows[package] if (row["sk"].startswith(sk) if is_prefix else row["sk"] == sk)]


class Movement(NamedTuple):
    """One movement of the stock ledger, with the change of each quantity. The fields are those of the journal."""

    kind: str
    sku: str
    location: str
    shelf: int = 0  # the shard
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    display: int = 0
    expected: int = 0

    @property
    def level_key(self) -> str:
        return level_key(self.sku, self.location, self.shelf)


def level_key(sku: str, location: str, shard: int = 0) -> str:
    """The partition key of a level."""
    return f"{sku}@{location}#{shard}"


def shard_of(level: str) -> int:
    return int(level.rpartition("#")[2])


def sku_of_level(level: str) -> str:
    return level.rpartition("@")[0]


def sum_by_key(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, amount in parts:
        sums[name] = sums.get(name, 0) + amount
    return sums


def list_differences(template: str, expected: Mapping[str, int], actual: Mapping[str, int]) -> list[str]:
    """One sentence for each name whose two sums differ; `template` takes `name`, `expected` and `actual`."""
    names = sorted({*expected, *actual})
    pairs = [(name, expected.get(name, 0), actual.get(name, 0)) for name in names]
    return [template.format(name=name, expected=left, actual=right) for name, left, right in pairs if left != right]


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _parse_order(row: Row) -> Row:
    body = _parse_json(row["body"])
    return row | {
        "lines": [_parse_line(line) for line in body["lines"]],
        "freight": body.get("freight", 0),
        "coupons": body.get("coupons", []),
        "coupon_uses": body.get("coupon_uses", {}),
        "handover": body["delivery"][0] == "handover",
        "historical": body.get("historical", False),
        "pieces": [
            (level_key(sku, location, *shard), units)
            for sku, location, units, *shard in _parse_attribute(row, "pieces")
        ],
        "payment_ids": row["payment_ids"].split(",") if row.get("payment_ids") else [],
    }


def _parse_line(stored: list[Any]) -> Row:
    """A stored line as a dict; its `adjustments` are (code, kind, minor, reason) in the order of their application."""
    sku, _, quantity, unit, total, tax, _, *optional = stored
    parts = optional[0] if optional else []
    adjustments = [(part["code"], part["kind"], part["amount_minor"], part["says"]) for part in parts]
    numbers = {"sku": sku, "quantity": quantity, "unit": unit, "total": total, "tax": tax}
    return numbers | {"adjusted": sum(minor for _, _, minor, _ in adjustments), "adjustments": adjustments}


def _parse_attribute(row: Row, name: str) -> Any:
    return _parse_json(row[name]) if row.get(name) else []


def _split_send_key(key: str) -> Row:
    _, event, rest = key.split("#", 2)
    party, _, channel = rest.rpartition("#")
    return {"event": event, "party": party, "channel": channel}


def allocated_units(work: Row) -> list[tuple[str, int]]:
    """The units that a fulfillment brings, as (level key, units)."""
    pieces = work.get("pieces", ())
    return [(level_key(sku, work["location"], shard), units) for sku, units, shard in pieces]
