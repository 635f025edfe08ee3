"""How levels and holds are kept, and the one way they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
ARRIVED = "arrived"  # the list of days' shelves that goods have come to


class LevelRow(IndexedRow):
    """Conditions cannot subtract, so `available` is stored and moves in the same update as what changes it."""

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
    """In the lists of both its locations until it is done; then the attributes go."""

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
    """What one event did to one SKU at one location; a projection that can be made anew from the journal."""

    Meta = db.table("stock")

    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    actor = UnicodeAttribute()
    occurred_at = InstantAttribute()
    reason = UnicodeAttribute(null=True)
    movements = JSONAttribute()


def level_key(sku: str, location: str, shelf: int = 0) -> Key:
    return Key(LevelRow, f"{sku}@{location}#{shelf}", "level")


def parse_level_pk(pk: str) -> LevelId:
    """A SKU may hold any sign; a location's id holds neither @ nor #."""
    sku, _, rest = pk.rpartition("@")
    location, _, shelf = rest.rpartition("#")
    return sku, location, int(shelf)


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
    """Every shelf of each (sku, location); a second read only where there is more than one shelf."""
    found = db.batch(level_key(*pair) for pair in pairs)
    return add_other_shards([row_to_level(row) for row in found.values()])


def add_other_shards(firsts: Sequence[Level]) -> list[Level]:
    """For those who read the levels' first shelves in a batch of their own."""
    keys = [level_key(level.sku, level.location, shelf) for level in firsts for shelf in range(1, level.shard_count)]
    return [*firsts, *(row_to_level(row) for row in (db.batch(keys) if keys else {}).values())]


def load_inbound_levels(firsts: Iterable[Level]) -> list[Level]:
    """What is on its way, by day; no read at all where nothing is."""
    keys = [level_key(level.sku, level.location, day) for level in firsts for day in level.days]
    return [row_to_level(row) for row in (db.batch(keys) if keys else {}).values()]


def load_levels_by_id(places: Iterable[LevelId]) -> dict[LevelId, Level]:
    found = [row_to_level(row) for row in db.batch(level_key(*place) for place in places).values()]
    return {level.level_id: level for level in found}


def build_level_writes(
    movements: Iterable[Movement],
    safety: Mapping[tuple[str, str], int] | None = None,
    *,
    unchanged_levels: Iterable[Level] = (),
    settings: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
) -> list[Write]:
    """The one way levels change: one update for each level, refused where it would take what is not there.

    `safety` stays behind on shelf 0 of what is taken. Levels `as_read` must still have the on_hand they were read
    with, else `Moved`. `settings` are {"safety", "shelves", "days"} of a (sku, location), set in the same update.
    """
    read = {level.level_id: level for level in unchanged_levels}
    asked = {(*pair, 0): values for pair, values in (settings or {}).items()}
    at: dict[LevelId, list[Movement]] = {place: [] for place in (*asked, *read)}
    for movement in movements:
        at.setdefault(movement.level_id, []).append(movement)
    kept = {(*pair, 0): units for pair, units in (safety or {}).items()}
    changes = [_LevelChange(place, moved, kept.get(place, 0), read.get(place)) for place, moved in at.items()]
    return [write for each in changes if (write := each.write(asked.get(each.level_id, {})))]


@dataclass(frozen=True)
class _LevelChange:
    """All that one commit does to one level."""

    level_id: LevelId
    movements: Sequence[Movement]
    safety: int
    read_level: Level | None

    @cached_property
    def total(self) -> Movement:
        return sum_movements([Movement(MovementKind.ADJUSTED, *self.level_id), *self.movements])[self.level_id]

    @cached_property
    def changed_quantities(self) -> dict[str, int]:
        """The counts that are not the same afterwards."""
        return {name: units for name in (*QUANTITY_ATTRIBUTES, "expected") if (units := getattr(self.total, name))}

    @property
    def taken_units(self) -> int:
        return -sum(min(0, movement.available) for movement in self.movements)

    def write(self, asked: Mapping[str, Any]) -> Write | None:
        """Only a check where the sum is nothing: units go from a lapsed hold straight into a new one. Its no is
        `Moved`, for DynamoDB does not show the row that failed a check."""
        conditions, row = self.build_conditions("days" in asked), LevelRow(*_row_key(self.level_id))
        if self.changed_quantities or asked:
            return db.update(row, *self.build_actions(asked), when=_all_of(conditions), refusal=self.explain_failure)
        if not conditions:
            return None
        return db.check(row, cast(Condition, _all_of(conditions)))

    def build_actions(self, asked: Mapping[str, Any]) -> list[Action]:
        """Where a level may come into being by it all five are added, zeros too, so that it is whole."""
        added = {
            name: self.changed_quantities.get(name, 0)
            for name in (*(() if self.sufficiency_conditions else QUANTITY_ATTRIBUTES), *self.changed_quantities)
        }
        actions: list[Action] = [getattr(LevelRow, name).add(units) for name, units in added.items()]
        actions += [getattr(LevelRow, name).set(value) for name, value in asked.items()]
        return actions + self.build_list_actions()

    def build_list_actions(self) -> list[Action]:
        """Each SKU at its location; and the days whose goods have begun to come, until they are with their orders."""
        sku, location, shelf = self.level_id
        if shelf == 0 and not self.sufficiency_conditions:  # only such an update can make the row
            return [LevelRow.list.set(f"location#{location}"), LevelRow.listed_at.set(sku)]
        if is_inbound_bucket(shelf) and self.total.on_hand > 0:
            return [LevelRow.list.set(ARRIVED), LevelRow.listed_at.set(level_key(*self.level_id).pk)]
        return []

    def build_conditions(self, days: bool = False) -> list[Condition]:
        if self.read_level is None:
            return self.sufficiency_conditions
        return [
            *self.sufficiency_conditions,
            _has_same_on_hand(self.read_level),
            *([_has_same_days(self.read_level)] if days else []),
        ]

    @cached_property
    def sufficiency_conditions(self) -> list[Condition]:
        """What is taken must leave safety behind, and units that the same commit sets free count as there; but none
        are set free that were never promised."""
        needed = {name: self.required_before(name) for name in ("reserved", "allocated", "display")}
        needed |= {"on_hand": -self.total.on_hand, "expected": -self.total.expected}
        needed["available"] = -self.total.available + (self.safety if self.taken_units else 0)
        return [getattr(LevelRow, name) >= least for name, least in needed.items() if least > 0]

    def required_before(self, name: str) -> int:
        """How many must be there before, if the movements in their order are never to go below nothing."""
        deltas = [int(getattr(movement, name)) for movement in self.movements]
        return -min(accumulate(deltas, initial=0))

    def explain_failure(self, found: Any) -> Problem:
        level = row_to_level(found) if found is not None else Level(*self.level_id)
        if self.read_level is not None and (level.on_hand, level.days) != (
            self.read_level.on_hand,
            self.read_level.days,
        ):
            return StaleVersion()
        kept, left = (self.safety if self.taken_units else 0), level.available + self.total.available
        if not self.taken_units or left >= kept:
            return self.not_promised
        available = max(0, left + self.taken_units - kept)
        return OutOfStock(short=[{"sku": level.sku, "wanted": self.taken_units, "available": available}])

    @property
    def not_promised(self) -> Problem:
        return NotPromised(sku=self.level_id[0], location=self.level_id[1])


def _has_same_on_hand(read: Level) -> Condition:
    same = LevelRow.on_hand == read.on_hand
    return same if read.on_hand else LevelRow.pk.does_not_exist() | same


def _has_same_days(read: Level) -> Condition:
    kept = ",".join(map(str, read.days))
    return LevelRow.days == kept if kept else LevelRow.days.does_not_exist()


def _all_of(conditions: Sequence[Condition]) -> Condition | None:
    return reduce(Condition.__and__, conditions) if conditions else None


def _row_key(place: LevelId) -> tuple[str, str]:
    key = level_key(*place)
    return key.pk, key.sk


def hold_key(piece: Allocation, order_id: str, reserved_until: datetime) -> Key:
    return Key(HoldRow, level_key(*piece.level_id).pk, f"hold#{clock.iso(reserved_until)}#{order_id}")


def row_to_hold(row: Any) -> Hold:
    _, until, order_id = row.sk.split("#", 2)
    return Hold(*parse_level_pk(row.pk), order_id, int(row.quantity), clock.parse(until))


def put_hold(hold: Hold) -> Write:
    return db.create(_hold_row(hold))


def delete_hold(hold: Hold) -> Write:
    """Whoever deletes it owns its units: the payer, the clock, or the next buyer once it has lapsed."""
    gone = HoldGone(sku=hold.sku, location=hold.location)
    return db.delete(_hold_row(hold), when=HoldRow.quantity == hold.quantity, refusal=gone)


def take_lapsed_hold(hold: Hold) -> Write:
    """A lapsed hold whose units go to another order; when somebody was quicker, the plan has to be made anew."""
    return db.delete(_hold_row(hold), when=HoldRow.quantity == hold.quantity)


def _hold_row(hold: Hold) -> HoldRow:
    key = hold_key(hold.allocation, hold.order_id, hold.reserved_until)
    return HoldRow(key.pk, key.sk, quantity=hold.quantity)


def load_holds(order_id: str, pieces: Iterable[Allocation], reserved_until: datetime) -> list[Hold]:
    """Those of an order's holds that nobody has taken."""
    found = db.batch(hold_key(piece, order_id, reserved_until) for piece in pieces)
    return [row_to_hold(row) for row in found.values()]


def load_lapsed_holds(places: Iterable[tuple[str, str] | LevelId], now: datetime) -> list[Hold]:
    """One query for each (sku, location) or (sku, location, shelf): ask only for levels that have something reserved
    and are short."""
    ended = ("hold#", f"hold#{clock.iso(now)}#~")  # a hold that ends now has ended
    rows = [
        row for place in dict.fromkeys(places) for row in db.query_all(HoldRow, level_key(*place).pk, between=ended)
    ]
    return [row_to_hold(row) for row in rows]


def transfer_key(transfer_id: str) -> Key:
    return Key(TransferRow, transfer_id, "transfer")


def list_arrived() -> list[LevelId]:
    """Shelves of expected goods that something has come to; the list lags, so look at each again."""
    return [parse_level_pk(row.pk) for row in db.query_all(LevelRow, ARRIVED, index="by_list")]


def unlist_arrived(place: LevelId) -> Write:
    """Once the last of what came is with its order."""
    gone = [LevelRow.list.remove(), LevelRow.listed_at.remove()]
    return db.update(LevelRow(*_row_key(place)), *gone, when=LevelRow.on_hand == 0)


def load_transfer(transfer_id: str) -> Transfer:
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
    """To and from it, not yet done."""
    coming = db.query_all(TransferRow, f"transfers to {location}", index="by_list")
    going = db.query_all(TransferRow, f"transfers from {location}", index="by_owner")
    return [row_to_transfer(row) for row in (*coming, *going)]


def _lines_to_row(transfer: Transfer) -> list[list[Any]]:
    return [[line.sku, line.sent, line.received] for line in transfer.lines]
