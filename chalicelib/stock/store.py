"""The table `stock`: levels, holds, transfers and the history, and the writes that change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, reduce
from itertools import accumulate
from typing import Any, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.kit import clock, db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.errors import NotFound, Problem, StaleVersion
from chalicelib.kit.row_attributes import InstantAttribute, StateAttribute
from chalicelib.stock.model import (
    TRANSFER_STATES,
    Allocation,
    Hold,
    HoldGone,
    Level,
    LevelId,
    Movement,
    MovementKind,
    NotPromised,
    OutOfStock,
    Transfer,
    TransferLine,
    TransferStatus,
    is_inbound_bucket,
    sum_movements,
)

QUANTITY_ATTRIBUTES = ("on_hand", "reserved", "allocated", "display", "available")
ARRIVED_LIST = "arrived"  # the list of inbound buckets whose goods have begun to arrive


class LevelRow(IndexedRow):
    """A level. Conditions cannot subtract, so `available` is stored and updated together with the other quantities."""

    Meta = db.table("stock")

    on_hand = NumberAttribute(default=0)
    reserved = NumberAttribute(default=0)
    allocated = NumberAttribute(default=0)
    display = NumberAttribute(default=0)
    available = NumberAttribute(default=0)
    expected = NumberAttribute(null=True)
    shelves = NumberAttribute(null=True)
    safety = NumberAttribute(null=True)
    days = UnicodeAttribute(null=True)


class HoldRow(Row):
    Meta = db.table("stock")

    quantity = NumberAttribute()


class TransferRow(IndexedRow):
    """A transfer, listed at both locations. When it is received or cancelled its list attributes are removed."""

    Meta = db.table("stock")

    source = UnicodeAttribute()
    destination = UnicodeAttribute()
    status = StateAttribute()
    lines = JSONAttribute()
    sent_at = InstantAttribute()
    sent_by = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class HistoryRow(Row):
    """The movements of one event for one SKU at one location: a projection that can be rebuilt from the journal."""

    Meta = db.table("stock")

    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    actor = UnicodeAttribute()
    occurred_at = InstantAttribute()
    reason = UnicodeAttribute(null=True)
    movements = JSONAttribute()


def level_key(sku: str, location: str, shard: int = 0) -> Key:
    return Key(LevelRow, f"{sku}@{location}#{shard}", "level")


def parse_level_pk(pk: str) -> LevelId:
    """Parse from the right: a SKU may contain any character, a location id neither @ nor #."""
    sku, _, rest = pk.rpartition("@")
    location, _, shard = rest.rpartition("#")
    return sku, location, int(shard)


def row_to_level(row: Any) -> Level:
    return Level(
        *parse_level_pk(row.pk),
        on_hand=int(row.on_hand),
        reserved=int(row.reserved),
        allocated=int(row.allocated),
        display=int(row.display),
        shard_count=int(row.shelves or 1),
        safety=int(row.safety or 0),
        expected=int(row.expected or 0),
        days=tuple(map(int, row.days.split(","))) if row.days else (),
    )


def load_levels(pairs: Iterable[tuple[str, str]]) -> list[Level]:
    """Return every shard of each (sku, location) that exists. A second read loads the shards beyond the first."""
    rows = db.batch(level_key(*pair) for pair in pairs)
    return add_other_shards([row_to_level(row) for row in rows.values()])


def add_other_shards(firsts: Sequence[Level]) -> list[Level]:
    """Return the given first shards and the other shards of their SKUs and locations."""
    keys = [level_key(level.sku, level.location, shard) for level in firsts for shard in range(1, level.shard_count)]
    return [*firsts, *(row_to_level(row) for row in (db.batch(keys) if keys else {}).values())]


def load_inbound_levels(firsts: Iterable[Level]) -> list[Level]:
    """Return the inbound buckets that the first shards list in `days`, without a read if there are none."""
    keys = [level_key(level.sku, level.location, day) for level in firsts for day in level.days]
    return [row_to_level(row) for row in (db.batch(keys) if keys else {}).values()]


def load_levels_by_id(level_ids: Iterable[LevelId]) -> dict[LevelId, Level]:
    levels = [row_to_level(row) for row in db.batch(level_key(*level_id) for level_id in level_ids).values()]
    return {level.level_id: level for level in levels}


def build_level_writes(
    movements: Iterable[Movement],
    safety: Mapping[tuple[str, str], int] | None = None,
    *,
    unchanged_levels: Iterable[Level] = (),
    settings: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
) -> list[Write]:
    """Return one conditional write per level; no other function writes levels.

    A write fails with OutOfStock if it takes more than is available, with NotPromised if it releases more than was
    promised or displayed. `safety` is the number of units per (sku, location) that taking must leave in shard 0.
    `unchanged_levels` must still have the `on_hand` they were read with, else the write fails with StaleVersion.
    `settings` are {"safety", "shelves", "days"} of a (sku, location), set in the same update.
    """
    read_levels = {level.level_id: level for level in unchanged_levels}
    settings_by_id = {(*pair, 0): values for pair, values in (settings or {}).items()}
    grouped: dict[LevelId, list[Movement]] = {level_id: [] for level_id in (*settings_by_id, *read_levels)}
    for movement in movements:
        grouped.setdefault(movement.level_id, []).append(movement)
    safety_by_id = {(*pair, 0): units for pair, units in (safety or {}).items()}
    changes = [
        _LevelChange(level_id, level_movements, safety_by_id.get(level_id, 0), read_levels.get(level_id))
        for level_id, level_movements in grouped.items()
    ]
    return [write for change in changes if (write := change.build_write(settings_by_id.get(change.level_id, {})))]


@dataclass(frozen=True)
class _LevelChange:
    """Everything that one commit does to one level."""

    level_id: LevelId
    movements: Sequence[Movement]
    safety: int
    read_level: Level | None

    @cached_property
    def total(self) -> Movement:
        return sum_movements([Movement(MovementKind.ADJUSTED, *self.level_id), *self.movements])[self.level_id]

    @cached_property
    def changed_quantities(self) -> dict[str, int]:
        """By how much each quantity changes, without those that do not."""
        return {name: units for name in (*QUANTITY_ATTRIBUTES, "expected") if (units := getattr(self.total, name))}

    @property
    def taken_units(self) -> int:
        """Available units that the movements take. Units that other movements release are not subtracted."""
        return -sum(min(0, movement.available) for movement in self.movements)

    def build_write(self, settings: Mapping[str, Any]) -> Write | None:
        """Return an update, a check if no quantity changes, or None if there is nothing to check either.

        No quantity changes when units go from a lapsed hold into a new one. A failed check is StaleVersion, because
        DynamoDB does not return the row that failed a check.
        """
        conditions, row = self.build_conditions("days" in settings), LevelRow(*_row_key(self.level_id))
        if self.changed_quantities or settings:
            return db.update(row, *self.build_actions(settings), when=_all_of(conditions), refusal=self.build_refusal)
        if not conditions:
            return None
        return db.check(row, cast(Condition, _all_of(conditions)))

    def build_actions(self, settings: Mapping[str, Any]) -> list[Action]:
        """Return the update's actions. An update that may create the row adds all five quantities, zeros included."""
        added = {
            name: self.changed_quantities.get(name, 0)
            for name in (*(() if self.sufficiency_conditions else QUANTITY_ATTRIBUTES), *self.changed_quantities)
        }
        actions: list[Action] = [getattr(LevelRow, name).add(units) for name, units in added.items()]
        actions += [getattr(LevelRow, name).set(value) for name, value in settings.items()]
        return actions + self.build_list_actions()

    def build_list_actions(self) -> list[Action]:
        """List a new level at its location, and an inbound bucket among those whose goods have begun to arrive."""
        sku, location, shard = self.level_id
        if shard == 0 and not self.sufficiency_conditions:  # only an update without conditions can create the row
            return [LevelRow.list.set(f"location#{location}"), LevelRow.listed_at.set(sku)]
        if is_inbound_bucket(shard) and self.total.on_hand > 0:
            return [LevelRow.list.set(ARRIVED_LIST), LevelRow.listed_at.set(level_key(*self.level_id).pk)]
        return []

    def build_conditions(self, with_days: bool = False) -> list[Condition]:
        if self.read_level is None:
            return self.sufficiency_conditions
        return [
            *self.sufficiency_conditions,
            _on_hand_unchanged(self.read_level),
            *([_days_unchanged(self.read_level)] if with_days else []),
        ]

    @cached_property
    def sufficiency_conditions(self) -> list[Condition]:
        """Conditions that no quantity falls below zero and that taking leaves the safety units.

        Units that the same commit releases count as available, but no more can be released than were promised.
        """
        needed = {name: self.required_before(name) for name in ("reserved", "allocated", "display")}
        needed |= {"on_hand": -self.total.on_hand, "expected": -self.total.expected}
        needed["available"] = -self.total.available + (self.safety if self.taken_units else 0)
        return [getattr(LevelRow, name) >= least for name, least in needed.items() if least > 0]

    def required_before(self, name: str) -> int:
        """Return the units needed before the first movement so that the quantity never falls below zero."""
        deltas = [int(getattr(movement, name)) for movement in self.movements]
        return -min(accumulate(deltas, initial=0))

    def build_refusal(self, row: Any) -> Problem:
        """Return the refusal for the row, None if it does not exist, that failed the conditions."""
        level = row_to_level(row) if row is not None else Level(*self.level_id)
        if self.read_level is not None and (level.on_hand, level.days) != (
            self.read_level.on_hand,
            self.read_level.days,
        ):
            return StaleVersion()
        safety, remaining = (self.safety if self.taken_units else 0), level.available + self.total.available
        if not self.taken_units or remaining >= safety:
            return self.not_promised
        available = max(0, remaining + self.taken_units - safety)
        return OutOfStock(short=[{"sku": level.sku, "wanted": self.taken_units, "available": available}])

    @property
    def not_promised(self) -> Problem:
        return NotPromised(sku=self.level_id[0], location=self.level_id[1])


def _on_hand_unchanged(level: Level) -> Condition:
    same = LevelRow.on_hand == level.on_hand
    return same if level.on_hand else LevelRow.pk.does_not_exist() | same


def _days_unchanged(level: Level) -> Condition:
    days = ",".join(map(str, level.days))
    return LevelRow.days == days if days else LevelRow.days.does_not_exist()


def _all_of(conditions: Sequence[Condition]) -> Condition | None:
    return reduce(Condition.__and__, conditions) if conditions else None


def _row_key(level_id: LevelId) -> tuple[str, str]:
    key = level_key(*level_id)
    return key.pk, key.sk


def hold_key(allocation: Allocation, order_id: str, reserved_until: datetime) -> Key:
    return Key(HoldRow, level_key(*allocation.level_id).pk, f"hold#{clock.iso(reserved_until)}#{order_id}")


def row_to_hold(row: Any) -> Hold:
    _, until, order_id = row.sk.split("#", 2)
    return Hold(*parse_level_pk(row.pk), order_id, int(row.quantity), clock.parse(until))


def put_hold(hold: Hold) -> Write:
    return db.create(_hold_row(hold))


def delete_hold(hold: Hold) -> Write:
    """Return the delete that gives its commit the right to the hold's units. Fails with HoldGone.

    Only one of payment, expiry and the next buyer can delete the row.
    """
    refusal = HoldGone(sku=hold.sku, location=hold.location)
    return db.delete(_hold_row(hold), when=HoldRow.quantity == hold.quantity, refusal=refusal)


def take_lapsed_hold(hold: Hold) -> Write:
    """Return the delete of a lapsed hold whose units go to another order.

    Fails with StaleVersion if another commit took the hold first; the caller then plans again.
    """
    return db.delete(_hold_row(hold), when=HoldRow.quantity == hold.quantity)


def shrink_hold(before: Hold, quantity: int) -> Write:
    """Return the write that leaves `quantity` units in the hold. Fails with StaleVersion if it changed since."""
    return db.put(_hold_row(replace(before, quantity=quantity)), when=HoldRow.quantity == before.quantity)


def _hold_row(hold: Hold) -> HoldRow:
    key = hold_key(hold.allocation, hold.order_id, hold.reserved_until)
    return HoldRow(key.pk, key.sk, quantity=hold.quantity)


def load_holds(order_id: str, allocations: Iterable[Allocation], reserved_until: datetime) -> list[Hold]:
    """Return the holds of an order that still exist."""
    rows = db.batch(hold_key(allocation, order_id, reserved_until) for allocation in allocations)
    return [row_to_hold(row) for row in rows.values()]


def load_lapsed_holds(level_ids: Iterable[tuple[str, str] | LevelId], now: datetime) -> list[Hold]:
    """Return the holds that ended at `now` or before. A pair (sku, location) means its shard 0.

    Each level costs one query, so pass only those that have reserved units.
    """
    until_now = ("hold#", f"hold#{clock.iso(now)}#~")  # includes holds that end at this instant
    rows = [
        row
        for level_id in dict.fromkeys(level_ids)
        for row in db.query_all(HoldRow, level_key(*level_id).pk, between=until_now)
    ]
    return [row_to_hold(row) for row in rows]


def transfer_key(transfer_id: str) -> Key:
    return Key(TransferRow, transfer_id, "transfer")


def list_arrived_buckets() -> list[LevelId]:
    """Return the inbound buckets whose goods have begun to arrive. The index lags, so load a bucket before using it."""
    return [parse_level_pk(row.pk) for row in db.query_all(LevelRow, ARRIVED_LIST, index="by_list")]


def unlist_arrived_bucket(level_id: LevelId) -> Write:
    """Return the write that takes an empty inbound bucket off the list. Fails with StaleVersion if it has units."""
    removals = [LevelRow.list.remove(), LevelRow.listed_at.remove()]
    return db.update(LevelRow(*_row_key(level_id)), *removals, when=LevelRow.on_hand == 0)


def load_transfer(transfer_id: str) -> Transfer:
    """Return a transfer. Raises NotFound."""
    key = transfer_key(transfer_id)
    row = db.get(TransferRow, key.pk, key.sk)
    if row is None:
        raise NotFound()
    return row_to_transfer(row)


def row_to_transfer(row: Any) -> Transfer:
    return Transfer(
        id=row.pk,
        source=row.source,
        destination=row.destination,
        status=TransferStatus(row.status),
        lines=tuple(TransferLine(*line) for line in row.lines),
        sent_at=row.sent_at,
        sent_by=row.sent_by,
        reason=row.reason or "",
        version=int(row.version),
        journal_hash=row.journal_hash,
    )


def create_transfer(transfer: Transfer) -> Write:
    row = TransferRow(
        *(transfer.id, "transfer"),
        source=transfer.source,
        destination=transfer.destination,
        status=transfer.status,
        lines=_lines_to_row(transfer),
        sent_at=transfer.sent_at,
        sent_by=transfer.sent_by,
        reason=transfer.reason or None,
        version=transfer.version,
        journal_hash=transfer.journal_hash,
        list=f"transfers to {transfer.destination}",
        owner=f"transfers from {transfer.source}",
        listed_at=clock.iso(transfer.sent_at),
    )
    return db.create(row)


def update_transfer(before: Transfer, after: Transfer) -> Write:
    actions = [
        TransferRow.status.set(after.status),
        TransferRow.lines.set(_lines_to_row(after)),
        TransferRow.version.set(after.version),
        TransferRow.journal_hash.set(after.journal_hash),
    ]
    if not TRANSFER_STATES[after.status]:
        actions += [TransferRow.list.remove(), TransferRow.owner.remove(), TransferRow.listed_at.remove()]
    unchanged = TransferRow.version == before.version
    return db.update(TransferRow(before.id, "transfer"), *actions, when=unchanged)


def list_open_transfers(location: str) -> list[Transfer]:
    """Return the transfers to and from a location that are in transit."""
    inbound = db.query_all(TransferRow, f"transfers to {location}", index="by_list")
    outbound = db.query_all(TransferRow, f"transfers from {location}", index="by_owner")
    return [row_to_transfer(row) for row in (*inbound, *outbound)]


def _lines_to_row(transfer: Transfer) -> list[list[Any]]:
    return [[line.sku, line.sent, line.received] for line in transfer.lines]
