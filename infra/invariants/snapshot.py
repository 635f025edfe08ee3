"""Everything a shop's tables hold, read once and laid out as plain values; the invariants look at nothing else."""

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

FIRST_INBOUND_SHARD = 10_000_000  # shelves from here on are days, on which goods are expected
DELIVERY_GRACE = clock.minutes(1)
TIMER_GRACE = clock.minutes(3)  # the clock comes by once a minute

SUBJECTS_WITH_STATES = ("order#", "transfer#", "shift#")  # whose histories tell of states

Row = dict[str, Any]

# A simulated history is looked at after every step, and what its rows hold as text seldom changed. Nobody changes what
# was read.
_parse_json = lru_cache(maxsize=8_192)(from_json)


def load_snapshot(client: Any, prefix: str, now: datetime | None = None, is_idle: bool = False) -> Snapshot:
    """By consistent scans, one table after the other: on a shop that is open, what changes meanwhile shows twice or
    not at all, so look again before you believe a violation there."""
    rows = {name: [item_to_row(item) for item in scan_table(client, f"{prefix}-{name}")] for name in TABLES}
    at = now or clock.now()
    return Snapshot(
        rows, clock.iso(at), "~" if is_idle else clock.iso(at - DELIVERY_GRACE), clock.iso(at - TIMER_GRACE)
    )


def scan_table(client: Any, table: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def item_to_row(item: Mapping[str, Any]) -> Row:
    """Each value travels as {its type: itself}, numbers as text; most are texts."""
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
    """`rows` by room. `heard_before`: listeners have heard of everything that happened before this instant.
    `swept_before`: the clock has come by since, so what was to end before this instant has ended."""

    rows: Mapping[str, list[Row]]
    now: str
    delivered_before: str
    timers_ran_before: str = ""

    @cached_property
    def entries(self) -> list[Row]:
        """The journal by subject and sequence, each entry's body read."""
        for row in self.rows["journal"]:
            if "fields" not in row:  # entries never change, and a simulation is looked at often
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
        """From state to state, as each history tells."""
        told = [history for subject, history in self.journal.items() if subject.startswith(SUBJECTS_WITH_STATES)]
        return [list(list_transitions(history, self.fulfillments)) for history in told]

    @cached_property
    def entries_by_event_id(self) -> dict[str, Row]:
        return {entry["event_id"]: entry for entry in self.entries}

    def bodies_of_kind(self, *kinds: str) -> list[Row]:
        """What entries of these kinds say."""
        return [entry["fields"] for entry in self.entries if entry["kind"] in kinds]

    def values_ever_set(self, subject: str, name: str) -> set[Any]:
        """Every value, none left out, that a kept record's field had."""
        changes = (entry["fields"].get("changed", {}).get(name, {}) for entry in self.journal.get(subject, ()))
        return {value for change in changes for value in map(_hashable, change.values()) if value}

    def values_ever_reported(self, subject: str, name: str) -> set[Any]:
        return {entry["fields"][name] for entry in self.journal.get(subject, ()) if name in entry["fields"]}

    @cached_property
    def promotion_by_coupon(self) -> dict[str, str]:
        """By code."""
        codes = [row for row in self.rows["pricing"] if row["sk"] == "coupon"]
        return {row["pk"].removeprefix("coupon#"): row["promotion_id"] for row in codes}

    def history(self, order_id: str) -> list[Row]:
        return self.journal.get(f"order#{order_id}", [])

    @cached_property
    def movements(self) -> list[tuple[str, Movement]]:
        """(subject, movement), as the journal tells them."""
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
        """Orders that nobody can bring."""
        return {row["pk"] for row in self._rows("orders", sk="stranded")}

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
        """With `until` and `order` from their keys."""
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
        """Drawers and bags, without the copies that name each person's open shift."""
        rows = self._rows("payments", sk="shift")
        return {row["pk"]: row for row in rows if not row["pk"].startswith("shift#open#")}

    @cached_property
    def answers(self) -> dict[str, Any]:
        """What was answered to each request that came with a key."""
        return {row["pk"]: from_json(zlib.decompress(row["answer"])) for row in self.rows["requests"]}

    @cached_property
    def notices(self) -> list[Row]:
        return self._rows("notify", sk="evt_", unless="parties")

    @cached_property
    def notified_parties(self) -> list[Row]:
        """Which parties heard of which event."""
        rows = [row for row in self.rows["notify"] if "parties" in row]
        return [row | {"event": row["sk"].partition("#")[0], "parties": _parse_json(row["parties"])} for row in rows]

    @cached_property
    def sends(self) -> list[Row]:
        """With event, party and channel from their keys; a party has a # of its own."""
        return [row | _split_send_key(row["pk"]) for row in self._rows("notify", sk="sent")]

    def is_live(self, order_id: str) -> bool:
        return self.orders.get(order_id, {}).get("status") in ("placed", "completed")

    def _rows(self, room: str, sk: str, unless: str = "no such name") -> list[Row]:
        whole = not sk.endswith(("_", "#"))
        found = (row for row in self.rows[room] if (row["sk"] == sk if whole else row["sk"].startswith(sk)))
        return [row for row in found if unless not in row]


class Movement(NamedTuple):
    """One line of the stock ledger."""

    kind: str
    sku: str
    location: str
    shelf: int = 0
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    display: int = 0
    expected: int = 0

    @property
    def level_key(self) -> str:
        return level_key(self.sku, self.location, self.shelf)


def level_key(sku: str, location: str, shelf: int = 0) -> str:
    """A level's key."""
    return f"{sku}@{location}#{shelf}"


def shard_of(level: str) -> int:
    return int(level.rpartition("#")[2])


def sku_of_level(level: str) -> str:
    return level.rpartition("@")[0]


def sum_by_key(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, amount in parts:
        sums[name] = sums.get(name, 0) + amount
    return sums


def list_differences(words: str, expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """One sentence for each name whose two sums are not the same; `words` takes name, expected and found."""
    names = sorted({*expected, *found})
    both = [(name, expected.get(name, 0), found.get(name, 0)) for name in names]
    return [words.format(name=name, expected=one, found=other) for name, one, other in both if one != other]


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _parse_order(row: Row) -> Row:
    body = _parse_json(row["body"])
    return row | {
        "lines": [_parse_line(kept) for kept in body["lines"]],
        "freight": body.get("freight", 0),
        "coupons": body.get("coupons", []),
        "handover": body["delivery"][0] == "handover",
        "pieces": [
            (level_key(sku, location, *shelf), units)
            for sku, location, units, *shelf in _parse_attribute(row, "pieces")
        ],
        "payment_ids": row["payment_ids"].split(",") if row.get("payment_ids") else [],
    }


def _parse_line(kept: list[Any]) -> Row:
    """`adjustments` are (code, kind, minor, fields), in the order in which they were made."""
    sku, _, quantity, unit, whole, tax, _, *more = kept
    made = [(each["code"], each["kind"], each["amount_minor"], each["says"]) for each in more[0]] if more else []
    taken_off = sum(minor for _, _, minor, _ in made)
    numbers = {"sku": sku, "quantity": quantity, "unit": unit, "total": whole, "tax": tax}
    return numbers | {"adjusted": taken_off, "adjustments": made}


def _parse_attribute(row: Row, name: str) -> Any:
    return _parse_json(row[name]) if row.get(name) else []


def _split_send_key(key: str) -> Row:
    _, event, rest = key.split("#", 2)
    party, _, channel = rest.rpartition("#")
    return {"event": event, "party": party, "channel": channel}


def allocated_units(work: Row) -> list[tuple[str, int]]:
    """(level, units) of a fulfillment."""
    pieces = work.get("pieces", ())
    return [(level_key(sku, work["location"], shelf), units) for sku, units, shelf in pieces]
