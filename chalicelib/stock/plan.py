"""Which units an order is promised: one location that has it all, else the fewest, and lines split only last. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from chalicelib.stock.model import Allocation, Hold, Level, LevelId, Movement, OutOfStock, hold_release_movement


@dataclass(frozen=True)
class Plan:
    """`takes` are lapsed holds whose units the pieces need: their rows go in the same transaction."""

    allocations: tuple[Allocation, ...]
    taken_holds: tuple[Hold, ...] = ()
    safety: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def to_movements(self, how: Callable[[Allocation], Movement]) -> list[Movement]:
        """`plan.moved_by(reserved)`: the taken holds are released, the pieces become what `how` makes of them."""
        return [hold_release_movement(hold.allocation) for hold in self.taken_holds] + [
            how(piece) for piece in self.allocations
        ]


@dataclass(frozen=True)
class AvailableStock:
    """What a buyer may be promised from. Only locations in `preference` serve, the best first. Units of `lapsed` holds
    count as there. `safety_units` are kept back everywhere but at `own`, which sells down to the last unit."""

    levels: Sequence[Level]
    preference: Sequence[str]
    lapsed_holds: Sequence[Hold] = ()
    safety_units: int = 0
    own_location: str | None = None


def plan_allocation(demand: Mapping[str, int], stock: AvailableStock, shard_offset: int = 0) -> Plan:
    """One location that has it all, else the fewest; a line is split only when no location has it whole. Raises
    OutOfStock with every short SKU. `turn` is any number; buyers with different ones begin at different shelves of a
    hot SKU."""
    supply = _build_supply(stock)
    _refuse_short(demand, supply)
    takings = [
        taking
        for sku, location, quantity in _split_demand(demand, supply, stock.preference)
        for taking in supply[sku, location].take(quantity, shard_offset)
    ]
    return Plan(
        tuple(piece for piece, _ in takings),
        tuple(hold for _, holds in takings for hold in holds),
        {(piece.sku, piece.location): supply[piece.sku, piece.location].safety for piece, _ in takings},
    )


@dataclass(frozen=True)
class Bucket:
    level_id: LevelId
    available: int  # available, without what safety keeps back here
    lapsed_holds: tuple[Hold, ...]

    @property
    def promisable(self) -> int:
        return self.available + sum(hold.quantity for hold in self.lapsed_holds)

    def take(self, quantity: int) -> tuple[Allocation, list[Hold]]:
        """Free units go first; a lapsed hold is touched only when they do not suffice."""
        holds: list[Hold] = []
        for hold in sorted(self.lapsed_holds, key=lambda hold: hold.reserved_until):
            if self.available + sum(taken.quantity for taken in holds) >= quantity:
                break
            holds.append(hold)
        sku, location, shelf = self.level_id
        return Allocation(sku, location, quantity, shelf), holds


@dataclass(frozen=True)
class LocationSupply:
    """What one location can promise of one SKU."""

    buckets: tuple[Bucket, ...]
    safety: int

    @property
    def promisable(self) -> int:
        return max(0, sum(shelf.promisable for shelf in self.buckets))

    def take(self, quantity: int, shard_offset: int) -> list[tuple[Allocation, list[Hold]]]:
        """From one shelf when one suffices, else from the fullest down, so that the last units leave few shelves."""
        enough = [shelf for shelf in self.buckets if shelf.promisable >= quantity]
        if enough:
            return [enough[shard_offset % len(enough)].take(quantity)]
        taken = []
        for shelf in sorted(self.buckets, key=lambda shelf: -shelf.promisable):
            share = min(quantity, shelf.promisable)
            if share > 0:
                taken.append(shelf.take(share))
                quantity -= share
        return taken


SupplyByLocation = dict[tuple[str, str], LocationSupply]


def sum_promisable(shelves: Sequence[Level], lapsed: Sequence[Hold] = (), safety_units: int | None = 0) -> int:
    """Of one SKU at one location, as planning would see it; `safety_units` None sells all there is."""
    location = shelves[0].location
    own = location if safety_units is None else None
    stock = AvailableStock(shelves, [location], lapsed, safety_units or 0, own)
    return sum(each.promisable for each in _build_supply(stock).values())


def _build_supply(stock: AvailableStock) -> SupplyByLocation:
    at: dict[tuple[str, str], list[Level]] = {}
    for level in stock.levels:
        if level.location in stock.preference:
            at.setdefault((level.sku, level.location), []).append(level)
    supply: SupplyByLocation = {}
    for (sku, location), shelves in at.items():
        safety = 0 if location == stock.own_location else stock.safety_units + sum(level.safety for level in shelves)
        supply[sku, location] = LocationSupply(_subtract_safety(shelves, safety, stock.lapsed_holds), safety)
    return supply


def _subtract_safety(levels: Sequence[Level], safety: int, lapsed: Sequence[Hold]) -> tuple[Bucket, ...]:
    """Safety is kept on shelf 0, where the write's condition can see it, and on the others only what it lacks."""
    shelves = []
    for level in sorted(levels, key=lambda level: level.shard):
        ended = tuple(hold for hold in lapsed if (hold.sku, hold.location, hold.shard) == level.level_id)
        kept = min(safety, max(0, level.available + sum(hold.quantity for hold in ended)))
        shelves.append(Bucket(level.level_id, level.available - kept, ended))
        safety -= kept
    return tuple(shelves)


def _refuse_short(demand: Mapping[str, int], supply: SupplyByLocation) -> None:
    short = []
    for sku, wanted in demand.items():
        available = sum(each.promisable for (of, _), each in supply.items() if of == sku)
        if available < wanted:
            short.append({"sku": sku, "wanted": wanted, "available": available})
    if short:
        raise OutOfStock(short=short)


MAX_COMPARED_LOCATIONS = 3  # beyond three locations for one order, exactness is not worth the combinations


def _split_demand(
    demand: Mapping[str, int], supply: SupplyByLocation, preference: Sequence[str]
) -> list[tuple[str, str, int]]:
    """Who serves how much of which line, from the fewest locations."""
    has = {pair: each.promisable for pair, each in supply.items()}
    useful = [here for here in dict.fromkeys(preference) if any(has.get((sku, here), 0) > 0 for sku in demand)]
    chosen = _choose_fewest_locations(demand, has, useful)
    return [share for sku, wanted in demand.items() for share in _split_line(sku, wanted, has, chosen)]


def _choose_fewest_locations(
    demand: Mapping[str, int], has: Mapping[tuple[str, str], int], useful: Sequence[str]
) -> Sequence[str]:
    for count in range(1, MAX_COMPARED_LOCATIONS + 1):
        for chosen in combinations(useful, count):
            if all(_can_cover(sku, wanted, has, chosen, useful) for sku, wanted in demand.items()):
                return chosen
    return useful


def _can_cover(
    sku: str, wanted: int, has: Mapping[tuple[str, str], int], chosen: Sequence[str], useful: Sequence[str]
) -> bool:
    whole = [here for here in useful if has.get((sku, here), 0) >= wanted]
    if whole:
        return any(here in whole for here in chosen)
    return sum(has.get((sku, here), 0) for here in chosen) >= wanted


def _split_line(
    sku: str, wanted: int, has: Mapping[tuple[str, str], int], chosen: Sequence[str]
) -> list[tuple[str, str, int]]:
    having = [here for here in chosen if (sku, here) in has]
    for here in having:
        if has[sku, here] >= wanted:
            return [(sku, here, wanted)]
    shares = []
    for here in sorted(having, key=lambda here: -has[sku, here]):
        share = min(wanted, has[sku, here])
        if share > 0:
            shares.append((sku, here, share))
            wanted -= share
    return shares
