"""How levels and holds are kept, and the one way they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.kit import clock, db
from chalicelib.kit.db import InstantAttribute, Key, Row, Write
from chalicelib.kit.errors import Moved, NotFound, Problem
from chalicelib.stock.model import (
    TRANSFER_STATES,
    Hold,
    HoldGone,
    Level,
    Movement,
    NotPromised,
    OutOfStock,
    Piece,
    Place,
    Transfer,
    TransferLine,
    merged,
)

COUNTED = ("on_hand", "reserved", "allocated", "display", "available")


class LevelRow(Row):
    """Conditions cannot subtract, so `available` is stored and moves in the same update as what changes it."""

    Meta = db.table("stock")

    on_hand = NumberAttribute(default=0)
    reserved = NumberAttribute(default=0)
    allocated = NumberAttribute(default=0)
    display = NumberAttribute(default=0)
    available = NumberAttribute(default=0)
    shelves = NumberAttribute(null=True)
    safety = NumberAttribute(null=True)
    list = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


class HoldRow(Row):
    Meta = db.table("stock")

    quantity = NumberAttribute()


class TransferRow(Row):
    """In the lists of both its locations until it is done; then the attributes go."""

    Meta = db.table("stock")

    source = UnicodeAttribute()
    destination = UnicodeAttribute()
    status = UnicodeAttribute()
    lines = JSONAttribute()
    sent_at = InstantAttribute()
    sent_by = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()
    list = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


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


def place_of(pk: str) -> Place:
    """A SKU may hold any sign; a location's id holds neither @ nor #."""
    sku, _, rest = pk.rpartition("@")
    location, _, shelf = rest.rpartition("#")
    return sku, location, int(shelf)


def as_level(row: Any) -> Level:
    counted = [int(getattr(row, name)) for name in COUNTED[:4]]
    return replace(Level(*place_of(row.pk), *counted), shelves=int(row.shelves or 1), safety=int(row.safety or 0))


def load_levels(pairs: Iterable[tuple[str, str]]) -> list[Level]:
    """Every shelf of each (sku, location); a second read only where there is more than one shelf."""
    found = db.batch(level_key(*pair) for pair in pairs)
    return with_shelves([as_level(row) for row in found.values()])


def with_shelves(firsts: Sequence[Level]) -> list[Level]:
    """For those who read the levels' first shelves in a batch of their own."""
    keys = [level_key(level.sku, level.location, shelf) for level in firsts for shelf in range(1, level.shelves)]
    return [*firsts, *(as_level(row) for row in (db.batch(keys) if keys else {}).values())]


def change(
    movements: Iterable[Movement],
    safety: Mapping[tuple[str, str], int] | None = None,
    *,
    as_read: Iterable[Level] = (),
    settings: Mapping[tuple[str, str], Mapping[str, int]] | None = None,
) -> list[Write]:
    """The one way levels change: one update for each level, refused where it would take what is not there.

    `safety` stays behind on shelf 0 of what is taken. Levels `as_read` must still have the on_hand they were read
    with, else `Moved`. `settings` are {"safety", "shelves"} of a (sku, location), set in the same update.
    """
    every = list(movements)
    sums = merged(every)
    read = {level.place: level for level in as_read}
    for place in [*((*pair, 0) for pair in settings or {}), *read]:
        sums.setdefault(place, Movement("adjusted", *place))
    writes = []
    for place, total in sums.items():
        kept = (safety or {}).get(place[:2], 0) if place[2] == 0 else 0
        taken = -sum(each.available for each in every if each.place == place and each.available < 0)
        asked = (settings or {}).get(place[:2], {}) if place[2] == 0 else {}
        if _moves(total) or asked:
            writes.append(_update(total, taken, kept, read.get(place), asked))
        elif place in read:
            writes.append(db.check(LevelRow(*_row_key(place)), _still(read[place])))
    return writes


def _moves(total: Movement) -> bool:
    """Units that go from a lapsed hold straight into a new one leave the level as it is: its hold row is the guard."""
    return any(getattr(total, name) for name in COUNTED)


def _update(total: Movement, taken: int, kept: int, read: Level | None, asked: Mapping[str, int]) -> Write:
    # All five are added, zeros too, so that a level which comes into being is whole.
    actions = [getattr(LevelRow, name).add(getattr(total, name)) for name in COUNTED]
    actions += [getattr(LevelRow, name).set(value) for name, value in asked.items()]
    conditions = _enough(total, kept if taken else 0)
    if not conditions and total.shelf == 0:  # only such an update can make the row
        actions += [LevelRow.list.set(f"location#{total.location}"), LevelRow.listed_at.set(total.sku)]
    if read is not None:
        conditions.append(_still(read))
    row = LevelRow(*_row_key(total.place))
    return db.update(row, *actions, when=_all(conditions), refusal=lambda found: _no(found, total, taken, kept, read))


def _enough(total: Movement, kept: int) -> list[Condition]:
    """What is taken must leave `kept` behind; units that the same update sets free count as there."""
    needed = {name: -getattr(total, name) for name in COUNTED}
    needed["available"] += kept
    return [getattr(LevelRow, name) >= least for name, least in needed.items() if least > 0]


def _still(read: Level) -> Condition:
    same = LevelRow.on_hand == read.on_hand
    return same if read.on_hand else LevelRow.pk.does_not_exist() | same


def _all(conditions: Sequence[Condition]) -> Condition | None:
    together: Condition | None = None
    for condition in conditions:
        together = condition if together is None else together & condition
    return together


def _no(found: Any, total: Movement, taken: int, kept: int, read: Level | None) -> Problem:
    level = as_level(found) if found is not None else Level(*total.place)
    if read is not None and level.on_hand != read.on_hand:
        return Moved()
    set_free = taken + total.available
    if taken and level.available + total.available < kept:
        available = max(0, level.available + set_free - kept)
        return OutOfStock(short=[{"sku": total.sku, "wanted": taken, "available": available}])
    return NotPromised(sku=total.sku, location=total.location)


def _row_key(place: Place) -> tuple[str, str]:
    key = level_key(*place)
    return key.pk, key.sk


def hold_key(piece: Piece, order_id: str, reserved_until: datetime) -> Key:
    return Key(HoldRow, level_key(*piece.place).pk, f"hold#{clock.iso(reserved_until)}#{order_id}")


def as_hold(row: Any) -> Hold:
    _, until, order_id = row.sk.split("#", 2)
    return Hold(*place_of(row.pk), order_id, int(row.quantity), clock.parse(until))


def put_hold(hold: Hold) -> Write:
    return db.create(_hold_row(hold))


def drop_hold(hold: Hold) -> Write:
    """Whoever deletes it owns its units: the payer, the clock, or the next buyer once it has lapsed."""
    gone = HoldGone(sku=hold.sku, location=hold.location)
    return db.delete(_hold_row(hold), when=HoldRow.quantity == hold.quantity, refusal=gone)


def take_hold(hold: Hold) -> Write:
    """A lapsed hold whose units go to another order; when somebody was quicker, the plan has to be made anew."""
    return db.delete(_hold_row(hold), when=HoldRow.quantity == hold.quantity)


def _hold_row(hold: Hold) -> HoldRow:
    key = hold_key(hold.piece, hold.order_id, hold.reserved_until)
    return HoldRow(key.pk, key.sk, quantity=hold.quantity)


def holds_of(order_id: str, pieces: Iterable[Piece], reserved_until: datetime) -> list[Hold]:
    """Those of an order's holds that nobody has taken."""
    found = db.batch(hold_key(piece, order_id, reserved_until) for piece in pieces)
    return [as_hold(row) for row in found.values()]


def lapsed_holds(places: Iterable[tuple[str, str] | Place], now: datetime) -> list[Hold]:
    """One query for each (sku, location) or (sku, location, shelf): ask only for levels that have something reserved
    and are short."""
    ended = ("hold#", f"hold#{clock.iso(now)}#~")  # a hold that ends now has ended
    rows = [
        row for place in dict.fromkeys(places) for row in db.query_all(HoldRow, level_key(*place).pk, between=ended)
    ]
    return [as_hold(row) for row in rows]


def transfer_key(transfer_id: str) -> Key:
    return Key(TransferRow, transfer_id, "transfer")


def load_transfer(transfer_id: str) -> Transfer:
    key = transfer_key(transfer_id)
    row = db.get(TransferRow, key.pk, key.sk)
    if row is None:
        raise NotFound()
    return as_transfer(row)


def as_transfer(row: Any) -> Transfer:
    return Transfer(
        id=row.pk,
        source=row.source,
        destination=row.destination,
        status=row.status,
        lines=tuple(TransferLine(*line) for line in row.lines),
        sent_at=row.sent_at,
        sent_by=row.sent_by,
        reason=row.reason or "",
        version=int(row.version),
        journal_hash=row.journal_hash,
    )


def open_transfer(transfer: Transfer) -> Write:
    row = TransferRow(
        *(transfer.id, "transfer"),
        source=transfer.source,
        destination=transfer.destination,
        status=transfer.status,
        lines=_lines(transfer),
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


def change_transfer(before: Transfer, after: Transfer) -> Write:
    actions = [
        TransferRow.status.set(after.status),
        TransferRow.lines.set(_lines(after)),
        TransferRow.version.set(after.version),
        TransferRow.journal_hash.set(after.journal_hash),
    ]
    if not TRANSFER_STATES[after.status]:
        actions += [TransferRow.list.remove(), TransferRow.owner.remove(), TransferRow.listed_at.remove()]
    unchanged = TransferRow.version == before.version
    return db.update(TransferRow(before.id, "transfer"), *actions, when=unchanged)


def open_transfers(location: str) -> list[Transfer]:
    """To and from it, not yet done."""
    coming = db.query_all(TransferRow, f"transfers to {location}", index="by_list")
    going = db.query_all(TransferRow, f"transfers from {location}", index="by_owner")
    return [as_transfer(row) for row in (*coming, *going)]


def _lines(transfer: Transfer) -> list[list[Any]]:
    return [[line.sku, line.sent, line.received] for line in transfer.lines]
