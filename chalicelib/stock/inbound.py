"""Goods that are on their way: promised for their day when a buyer agrees, and kept for him when they come. Pure.

What is expected on a day is a shelf of its own, so it is promised, held and given back like any other. Nothing leaves
from there: when goods come, each order's units go on to shelf 0, the longest waiting first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.stock.model import (
    Allocation,
    Hold,
    Level,
    Movement,
    OutOfStock,
    bucket_to_day,
    day_to_bucket,
    expected_movement,
    receipt_movement,
    transfer_in_movement,
    transfer_out_movement,
)
from chalicelib.stock.plan import AvailableStock, Bucket, Plan, plan_allocation


@dataclass(frozen=True)
class InboundStock:
    """What is on its way to where a buyer's goods may come from, best place first. Units of `lapsed` holds, on days and
    on ordinary shelves alike, are the next buyer's."""

    levels: Sequence[Level]
    preference: Sequence[str]
    today: date
    lapsed_holds: Sequence[Hold] = ()

    def list_buckets(self, sku: str) -> list[Bucket]:
        """Days that are not over, the earliest first, and of one day the location that is preferred."""
        here = [level for level in self.levels if level.sku == sku and level.location in self.preference]
        days = sorted(here, key=lambda level: (level.shard, self.preference.index(level.location)))
        return [self._build_bucket(level) for level in days if level.shard >= day_to_bucket(self.today)]

    def _build_bucket(self, level: Level) -> Bucket:
        held = tuple(hold for hold in self.lapsed_holds if (hold.sku, hold.location, hold.shard) == level.level_id)
        return Bucket(level.level_id, level.available, held)

    def list_promisable_days(self, sku: str) -> list[dict[str, Any]]:
        """[{"on", "quantity"}], by day, all locations together."""
        days: dict[str, int] = {}
        for shelf in self.list_buckets(sku):
            on = bucket_to_day(shelf.level_id[2])
            days[on] = days.get(on, 0) + shelf.promisable
        return [{"on": on, "quantity": quantity} for on, quantity in sorted(days.items()) if quantity > 0]

    def add_promisable_days(self, short: Sequence[Mapping[str, Any]]) -> OutOfStock:
        """The same shortages, each with what could be promised for which day."""
        days = {each["sku"]: self.list_promisable_days(each["sku"]) for each in short}
        return OutOfStock(
            short=[dict(each) | ({"expected": days[each["sku"]]} if days[each["sku"]] else {}) for each in short]
        )


def plan_with_inbound(
    demand: Mapping[str, int],
    stock: AvailableStock,
    coming: InboundStock,
    *,
    backorder: bool = True,
    shard_offset: int = 0,
) -> Plan:
    """What is there goes at once, and only what is short is promised for a later day, if the buyer agreed to that."""
    try:
        return plan_allocation(demand, stock, shard_offset)
    except OutOfStock as refused:
        short = refused.facts["short"]
    if not backorder:
        raise coming.add_promisable_days(short)
    later = plan_from_inbound(short, coming)
    lacking = {each["sku"]: each["wanted"] - each["available"] for each in short}
    now = {sku: quantity - lacking.get(sku, 0) for sku, quantity in demand.items()}
    at_once = plan_allocation({sku: quantity for sku, quantity in now.items() if quantity}, stock, shard_offset)
    return Plan(at_once.allocations + later.allocations, at_once.taken_holds + later.taken_holds, at_once.safety)


def plan_from_inbound(short: Sequence[Mapping[str, Any]], coming: InboundStock) -> Plan:
    """Promises what is short from what is expected, the earliest day first; a day that is over promises nothing.
    Raises OutOfStock when even that is not enough."""
    pieces, takes = [], []
    for each in short:
        left = each["wanted"] - each["available"]
        for shelf in coming.list_buckets(each["sku"]):
            share = min(left, shelf.promisable)
            if share > 0:
                piece, holds = shelf.take(share)
                pieces.append(piece)
                takes += holds
                left -= share
        if left > 0:
            raise coming.add_promisable_days(short)
    return Plan(tuple(pieces), tuple(takes))


def receive_for_waiting_orders(
    piece: Allocation, coming: Iterable[Level], how: Callable[[Allocation], Movement] = receipt_movement
) -> list[Movement]:
    """Units that came: first for those who wait for them, the earliest day first, and only the rest for everybody."""
    movements, left = [], piece.quantity
    for level in sort_by_day(piece, coming):
        share = min(left, max(0, level.promised - level.on_hand))
        if share:
            movements.append(how(Allocation(piece.sku, piece.location, share, level.shard)))
            left -= share
    return movements + ([how(Allocation(piece.sku, piece.location, left))] if left else [])


def reduce_expected(piece: Allocation, coming: Iterable[Level]) -> list[Movement]:
    """What came from outside had been expected, the earliest day first."""
    movements, left = [], piece.quantity
    for level in sort_by_day(piece, coming):
        share = min(left, level.expected)
        if share:
            movements.append(expected_movement(Allocation(piece.sku, piece.location, -share, level.shard)))
            left -= share
    return movements


def sort_by_day(piece: Allocation, coming: Iterable[Level]) -> list[Level]:
    here = [level for level in coming if (level.sku, level.location) == (piece.sku, piece.location)]
    return sorted(here, key=lambda level: level.shard)


def move_to_first_shard(pieces: Iterable[Allocation]) -> list[Movement]:
    """From the day they were expected on to shelf 0, where what leaves the house stands."""
    return [
        move for piece in pieces for move in (transfer_out_movement(piece), transfer_in_movement(on_first_shard(piece)))
    ]


def on_first_shard(piece: Allocation) -> Allocation:
    return Allocation(piece.sku, piece.location, piece.quantity)


def count_unclaimed(level: Level) -> int:
    """Units that came and that nobody waits for any more."""
    return max(0, level.on_hand - level.promised)
