"""Choose the locations and shards that an order is promised units from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from chalicelib.stock.model import Allocation, Hold, Level, LevelId, Movement, OutOfStock, hold_release_movement


@dataclass(frozen=True)
class Plan:
    """Allocations, the lapsed holds whose units they take, and the safety units by (sku, location) to leave behind.

    The holds must be deleted in the transaction that writes the allocations.
    """

    allocations: tuple[Allocation, ...]
    taken_holds: tuple[Hold, ...] = ()
    safety: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def to_movements(self, build_movement: Callable[[Allocation], Movement]) -> list[Movement]:
        """Return the releases of the taken holds, then one movement per allocation.

        Example: `plan.to_movements(reservation_movement)`.
        """
        releases = [hold_release_movement(hold.allocation) for hold in self.taken_holds]
        return releases + [build_movement(allocation) for allocation in self.allocations]


@dataclass(frozen=True)
class AvailableStock:
    """The levels an order may be promised from.

    Only locations in `preference` serve, the best first. Units of `lapsed_holds` count as available. `safety_units` are
    kept back at every location except `own_location`, which sells down to the last unit.
    """

    levels: Sequence[Level]
    preference: Sequence[str]
    lapsed_holds: Sequence[Hold] = ()
    safety_units: int = 0
    own_location: str | None = None


def plan_allocation(demand: Mapping[str, int], stock: AvailableStock, shard_offset: int = 0) -> Plan:
    """Return a plan for the demand, units by SKU. Raises OutOfStock with every short SKU.

    One location serves everything if it can, else the fewest locations; a line is split only if no location has all of
    it. `shard_offset` is any number: orders with different offsets start at different shards of a hot SKU.
    """
    supply = _build_supply(stock)
    _check_supply(demand, supply)
    shares = [
        share
        for sku, location, quantity in _split_demand(demand, supply, stock.preference)
        for share in supply[sku, location].take(quantity, shard_offset)
    ]
    allocations = tuple(allocation for allocation, _ in shares)
    pairs = [(allocation.sku, allocation.location) for allocation in allocations]
    return Plan(
        allocations,
        tuple(hold for _, holds in shares for hold in holds),
        {pair: supply[pair].safety for pair in pairs},
    )


@dataclass(frozen=True)
class Bucket:
    """What one shard or inbound bucket can promise."""

    level_id: LevelId
    available: int  # less the safety units kept back in it
    lapsed_holds: tuple[Hold, ...]

    @property
    def promisable(self) -> int:
        return self.available + sum(hold.quantity for hold in self.lapsed_holds)

    def take(self, quantity: int) -> tuple[Allocation, list[Hold]]:
        """Return the allocation and the lapsed holds it takes; holds are taken only if free units are not enough."""
        holds: list[Hold] = []
        for hold in sorted(self.lapsed_holds, key=lambda hold: hold.reserved_until):
            if self.available + sum(hold.quantity for hold in holds) >= quantity:
                break
            holds.append(hold)
        sku, location, shard = self.level_id
        return Allocation(sku, location, quantity, shard), holds


@dataclass(frozen=True)
class LocationSupply:
    """What one location can promise of one SKU."""

    buckets: tuple[Bucket, ...]
    safety: int

    @property
    def promisable(self) -> int:
        return max(0, sum(bucket.promisable for bucket in self.buckets))

    def take(self, quantity: int, shard_offset: int) -> list[tuple[Allocation, list[Hold]]]:
        """Take from one shard if one has enough, else from the fullest down, so that few shards are written."""
        sufficient = [bucket for bucket in self.buckets if bucket.promisable >= quantity]
        if sufficient:
            return [sufficient[shard_offset % len(sufficient)].take(quantity)]
        shares = []
        for bucket in sorted(self.buckets, key=lambda bucket: -bucket.promisable):
            share = min(quantity, bucket.promisable)
            if share > 0:
                shares.append(bucket.take(share))
                quantity -= share
        return shares


SupplyByLocation = dict[tuple[str, str], LocationSupply]  # by (sku, location)


def sum_promisable(shards: Sequence[Level], lapsed: Sequence[Hold] = (), safety_units: int | None = 0) -> int:
    """Return the units that planning could promise of one SKU at one location; None ignores all safety units."""
    location = shards[0].location
    own = location if safety_units is None else None
    stock = AvailableStock(shards, [location], lapsed, safety_units or 0, own)
    return sum(supply.promisable for supply in _build_supply(stock).values())


def _build_supply(stock: AvailableStock) -> SupplyByLocation:
    grouped: dict[tuple[str, str], list[Level]] = {}
    for level in stock.levels:
        if level.location in stock.preference:
            grouped.setdefault((level.sku, level.location), []).append(level)
    supply: SupplyByLocation = {}
    for (sku, location), shards in grouped.items():
        safety = 0 if location == stock.own_location else stock.safety_units + sum(level.safety for level in shards)
        supply[sku, location] = LocationSupply(_subtract_safety(shards, safety, stock.lapsed_holds), safety)
    return supply


def _subtract_safety(levels: Sequence[Level], safety: int, lapsed: Sequence[Hold]) -> tuple[Bucket, ...]:
    """Subtract safety units from shard 0, whose write checks them, and from other shards what shard 0 lacks."""
    buckets = []
    for level in sorted(levels, key=lambda level: level.shard):
        holds = tuple(hold for hold in lapsed if (hold.sku, hold.location, hold.shard) == level.level_id)
        share = min(safety, max(0, level.available + sum(hold.quantity for hold in holds)))
        buckets.append(Bucket(level.level_id, level.available - share, holds))
        safety -= share
    return tuple(buckets)


def _check_supply(demand: Mapping[str, int], supply: SupplyByLocation) -> None:
    """Raise OutOfStock with every short SKU."""
    short = []
    for sku, wanted in demand.items():
        available = sum(location_supply.promisable for pair, location_supply in supply.items() if pair[0] == sku)
        if available < wanted:
            short.append({"sku": sku, "wanted": wanted, "available": available})
    if short:
        raise OutOfStock(short=short)


MAX_COMPARED_LOCATIONS = 3  # the number of combinations grows too fast beyond three locations


def _split_demand(
    demand: Mapping[str, int], supply: SupplyByLocation, preference: Sequence[str]
) -> list[tuple[str, str, int]]:
    """Return (sku, location, quantity) for each share of a line, from the fewest locations."""
    units = {pair: location_supply.promisable for pair, location_supply in supply.items()}
    useful = [
        location for location in dict.fromkeys(preference) if any(units.get((sku, location), 0) > 0 for sku in demand)
    ]
    chosen = _choose_fewest_locations(demand, units, useful)
    return [share for sku, quantity in demand.items() for share in _split_line(sku, quantity, units, chosen)]


def _choose_fewest_locations(
    demand: Mapping[str, int], units: Mapping[tuple[str, str], int], useful: Sequence[str]
) -> Sequence[str]:
    for count in range(1, MAX_COMPARED_LOCATIONS + 1):
        for chosen in combinations(useful, count):
            if all(_can_cover(sku, quantity, units, chosen, useful) for sku, quantity in demand.items()):
                return chosen
    return useful


def _can_cover(
    sku: str, quantity: int, units: Mapping[tuple[str, str], int], chosen: Sequence[str], useful: Sequence[str]
) -> bool:
    """True if the chosen locations have the line; one of them must have all of it if any useful location has."""
    sufficient = [location for location in useful if units.get((sku, location), 0) >= quantity]
    if sufficient:
        return any(location in sufficient for location in chosen)
    return sum(units.get((sku, location), 0) for location in chosen) >= quantity


def _split_line(
    sku: str, quantity: int, units: Mapping[tuple[str, str], int], chosen: Sequence[str]
) -> list[tuple[str, str, int]]:
    stocked = [location for location in chosen if (sku, location) in units]
    for location in stocked:
        if units[sku, location] >= quantity:
            return [(sku, location, quantity)]
    shares = []
    for location in sorted(stocked, key=lambda location: -units[sku, location]):
        share = min(quantity, units[sku, location])
        if share > 0:
            shares.append((sku, location, share))
            quantity -= share
    return shares
