"""Plan orders from expected goods, and assign goods that arrive to the orders waiting for them. Pure.

Units expected on a day are in an inbound bucket, a level like any other, so they are promised, held and released in
the same way. Nothing is issued from a bucket: when goods arrive, the units of each order move to shard 0, earliest day
first.
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
    """The inbound levels an order may be promised from, with locations in order of preference.

    `today` is the business day of each location of a level; it differs between time zones.
    Units of `lapsed_holds`, in buckets or in shards, are available to the next order.
    """

    levels: Sequence[Level]
    preference: Sequence[str]
    today: Mapping[str, date]
    lapsed_holds: Sequence[Hold] = ()

    def list_buckets(self, sku: str) -> list[Bucket]:
        """Return the buckets of today and later, by day and then by preferred location."""
        levels = [level for level in self.levels if level.sku == sku and level.location in self.preference]
        current = [level for level in levels if level.shard >= day_to_bucket(self.today[level.location])]
        by_day = sorted(current, key=lambda level: (level.shard, self.preference.index(level.location)))
        return [self._build_bucket(level) for level in by_day]

    def _build_bucket(self, level: Level) -> Bucket:
        lapsed = tuple(hold for hold in self.lapsed_holds if (hold.sku, hold.location, hold.shard) == level.level_id)
        return Bucket(level.level_id, level.available, lapsed)

    def list_promisable_days(self, sku: str) -> list[dict[str, Any]]:
        """Return [{"on", "quantity"}] by day, over all locations."""
        days: dict[str, int] = {}
        for bucket in self.list_buckets(sku):
            on = bucket_to_day(bucket.level_id[2])
            days[on] = days.get(on, 0) + bucket.promisable
        return [{"on": on, "quantity": quantity} for on, quantity in sorted(days.items()) if quantity > 0]

    def build_out_of_stock(self, short: Sequence[Mapping[str, Any]]) -> OutOfStock:
        """Return the refusal of these shortages, with the days for which each SKU could be promised."""
        return OutOfStock(short=[self._add_days(shortage) for shortage in short])

    def _add_days(self, shortage: Mapping[str, Any]) -> dict[str, Any]:
        days = self.list_promisable_days(shortage["sku"])
        return dict(shortage) | ({"expected": days} if days else {})


def plan_with_inbound(
    demand: Mapping[str, int],
    stock: AvailableStock,
    inbound: InboundStock,
    *,
    backorder: bool = True,
    shard_offset: int = 0,
) -> Plan:
    """Plan from stock on hand first, and with `backorder` what is short from expected goods.

    Raises OutOfStock with every short SKU and the days for which it could be promised.
    """
    try:
        return plan_allocation(demand, stock, shard_offset)
    except OutOfStock as refusal:
        short = refusal.facts["short"]
    if not backorder:
        raise inbound.build_out_of_stock(short)
    later = plan_from_inbound(short, inbound)
    missing = {shortage["sku"]: shortage["wanted"] - shortage["available"] for shortage in short}
    on_hand = {sku: quantity - missing.get(sku, 0) for sku, quantity in demand.items()}
    now = plan_allocation({sku: quantity for sku, quantity in on_hand.items() if quantity}, stock, shard_offset)
    return Plan(now.allocations + later.allocations, now.taken_holds + later.taken_holds, now.safety)


def plan_from_inbound(short: Sequence[Mapping[str, Any]], inbound: InboundStock) -> Plan:
    """Plan what is short from expected goods, earliest day first. Raises OutOfStock if they are not enough."""
    allocations, taken_holds = [], []
    for shortage in short:
        remaining = shortage["wanted"] - shortage["available"]
        for bucket in inbound.list_buckets(shortage["sku"]):
            share = min(remaining, bucket.promisable)
            if share > 0:
                allocation, holds = bucket.take(share)
                allocations.append(allocation)
                taken_holds += holds
                remaining -= share
        if remaining > 0:
            raise inbound.build_out_of_stock(short)
    return Plan(tuple(allocations), tuple(taken_holds))


def receive_for_waiting_orders(
    arrived: Allocation,
    inbound: Iterable[Level],
    build_movement: Callable[[Allocation], Movement] = receipt_movement,
) -> list[Movement]:
    """Return the movements that receive the units into the buckets of waiting orders, earliest day first.

    The remaining units go into shard 0.
    """
    movements, remaining = [], arrived.quantity
    for level in sort_by_day(arrived, inbound):
        share = min(remaining, max(0, level.promised - level.on_hand))
        if share:
            movements.append(build_movement(Allocation(arrived.sku, arrived.location, share, level.shard)))
            remaining -= share
    return movements + ([build_movement(Allocation(arrived.sku, arrived.location, remaining))] if remaining else [])


def reduce_expected(arrived: Allocation, inbound: Iterable[Level]) -> list[Movement]:
    """Return the movements that lower the expected units by those that arrived, earliest day first."""
    movements, remaining = [], arrived.quantity
    for level in sort_by_day(arrived, inbound):
        share = min(remaining, level.expected)
        if share:
            movements.append(expected_movement(Allocation(arrived.sku, arrived.location, -share, level.shard)))
            remaining -= share
    return movements


def sort_by_day(arrived: Allocation, inbound: Iterable[Level]) -> list[Level]:
    """Return the inbound levels of the same SKU and location, earliest day first."""
    levels = [level for level in inbound if (level.sku, level.location) == (arrived.sku, arrived.location)]
    return sorted(levels, key=lambda level: level.shard)


def move_to_first_shard(allocations: Iterable[Allocation]) -> list[Movement]:
    """Return the movements of arrived units from their buckets to shard 0, from where units are issued."""
    return [
        movement
        for allocation in allocations
        for movement in (transfer_out_movement(allocation), transfer_in_movement(on_first_shard(allocation)))
    ]


def on_first_shard(allocation: Allocation) -> Allocation:
    return Allocation(allocation.sku, allocation.location, allocation.quantity)


def count_unclaimed(level: Level) -> int:
    """Return the units of a bucket that arrived and are not promised to an order."""
    return max(0, level.on_hand - level.promised)
