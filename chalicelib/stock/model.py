"""Levels, allocations, holds, movements and transfers, with the events and refusals of stock. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import Forbidden, Invalid, Refused
from chalicelib.kit.events import Event

MAX_SHARDS = 64
FIRST_INBOUND_BUCKET = 10_000_000  # an inbound bucket is numbered by the day of its goods: 20261205
LevelId = tuple[str, str, int]  # sku, location, shard or inbound bucket


def day_to_bucket(day: date) -> int:
    """Return the inbound bucket of a day: 20261205 for 5 December 2026."""
    return int(f"{day:%Y%m%d}")


def is_inbound_bucket(shard: int) -> bool:
    return shard >= FIRST_INBOUND_BUCKET


def bucket_to_day(bucket: int) -> str:
    """Return the day of an inbound bucket as YYYY-MM-DD."""
    return date(bucket // 10_000, bucket // 100 % 100, bucket % 100).isoformat()


@dataclass(frozen=True)
class Level:
    """The quantities of one SKU in one shard or inbound bucket of one location.

    `expected` units can be promised before they arrive. `shard_count`, `safety` and `days` (the inbound buckets in
    use) describe the whole location and are stored in shard 0.
    """

    sku: str
    location: str
    shard: int = 0
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    display: int = 0
    shard_count: int = 1
    safety: int = 0
    expected: int = 0
    days: tuple[int, ...] = ()

    @property
    def available(self) -> int:
        return self.on_hand + self.expected - self.promised - self.display

    @property
    def promised(self) -> int:
        return self.reserved + self.allocated

    @property
    def level_id(self) -> LevelId:
        return (self.sku, self.location, self.shard)


@dataclass(frozen=True)
class Allocation:
    """Units of one SKU in one shard. An order stores its allocations, so release and issue change the same level."""

    sku: str
    location: str
    quantity: int
    shard: int = 0

    @property
    def level_id(self) -> LevelId:
        return (self.sku, self.location, self.shard)

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"sku": self.sku, "location": self.location, "quantity": self.quantity}
        return body | ({"shelf": self.shard} if self.shard else {})

    @staticmethod
    def from_json(body: Mapping[str, Any]) -> Allocation:
        return Allocation(body["sku"], body["location"], int(body["quantity"]), int(body.get("shelf", 0)))


@dataclass(frozen=True)
class Hold:
    """A reservation of an order. It lapses at `reserved_until`; from then on another order may take its units."""

    sku: str
    location: str
    shard: int
    order_id: str
    quantity: int
    reserved_until: datetime

    @property
    def allocation(self) -> Allocation:
        return Allocation(self.sku, self.location, self.quantity, self.shard)


def build_holds(allocations: Iterable[Allocation], order_id: str, reserved_until: datetime) -> list[Hold]:
    return [
        Hold(allocation.sku, allocation.location, allocation.shard, order_id, allocation.quantity, reserved_until)
        for allocation in allocations
    ]


class MovementKind(StrEnum):
    RECEIVED = "received"
    RESERVED = "reserved"
    RELEASED = "released"
    ALLOCATED = "allocated"
    ISSUED = "issued"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    ADJUSTED = "adjusted"
    EXPECTED = "expected"


@dataclass(frozen=True)
class Movement:
    """One line of the stock ledger: by how much each quantity of a level changed."""

    kind: MovementKind
    sku: str
    location: str
    shelf: int = 0  # the shard of the level, or the day (20261205) for which goods are expected
    on_hand: int = 0  # change of the units physically present
    reserved: int = 0  # change of the units in holds
    allocated: int = 0  # change of the units firmly promised to orders
    display: int = 0  # change of the units on display, which are not sold
    expected: int = 0  # change of the units expected on the day of `shelf`

    @property
    def available(self) -> int:
        return self.on_hand + self.expected - self.reserved - self.allocated - self.display

    @property
    def level_id(self) -> LevelId:
        return (self.sku, self.location, self.shelf)


def receipt_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.RECEIVED, *allocation.level_id, on_hand=allocation.quantity)


def reservation_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.RESERVED, *allocation.level_id, reserved=allocation.quantity)


def hold_release_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.RELEASED, *allocation.level_id, reserved=-allocation.quantity)


def allocation_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.ALLOCATED, *allocation.level_id, allocated=allocation.quantity)


def allocation_release_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.RELEASED, *allocation.level_id, allocated=-allocation.quantity)


def issue_movement(allocation: Allocation) -> Movement:
    """Allocated units leave the location."""
    units = allocation.quantity
    return Movement(MovementKind.ISSUED, *allocation.level_id, on_hand=-units, allocated=-units)


def direct_issue_movement(allocation: Allocation) -> Movement:
    """Units are handed over at the counter without having been reserved or allocated."""
    return Movement(MovementKind.ISSUED, *allocation.level_id, on_hand=-allocation.quantity)


def return_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.RETURNED, *allocation.level_id, on_hand=allocation.quantity)


def surplus_movement(allocation: Allocation) -> Movement:
    """More units are on hand than recorded in the level."""
    return Movement(MovementKind.ADJUSTED, *allocation.level_id, on_hand=allocation.quantity)


def shortage_movement(allocation: Allocation) -> Movement:
    """Fewer units are on hand than recorded in the level."""
    return Movement(MovementKind.ADJUSTED, *allocation.level_id, on_hand=-allocation.quantity)


def transfer_out_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.TRANSFERRED, *allocation.level_id, on_hand=-allocation.quantity)


def transfer_in_movement(allocation: Allocation) -> Movement:
    return Movement(MovementKind.TRANSFERRED, *allocation.level_id, on_hand=allocation.quantity)


def display_movement(allocation: Allocation) -> Movement:
    """Units go on display, where they cannot be sold."""
    return Movement(MovementKind.ADJUSTED, *allocation.level_id, display=allocation.quantity)


def display_return_movement(allocation: Allocation) -> Movement:
    """Displayed units can be sold again."""
    return Movement(MovementKind.ADJUSTED, *allocation.level_id, display=-allocation.quantity)


def expected_movement(allocation: Allocation) -> Movement:
    """More units are expected; fewer if the quantity is negative."""
    return Movement(MovementKind.EXPECTED, *allocation.level_id, expected=allocation.quantity)


def sum_movements(movements: Iterable[Movement]) -> dict[LevelId, Movement]:
    """Return one movement per level, under the kind of the level's first one.

    DynamoDB rejects a transaction that names an item twice, so movements of one level are added up first.
    """
    sums: dict[LevelId, Movement] = {}
    for movement in movements:
        before = sums.get(movement.level_id, Movement(movement.kind, *movement.level_id))
        sums[movement.level_id] = Movement(
            before.kind,
            *before.level_id,
            on_hand=before.on_hand + movement.on_hand,
            reserved=before.reserved + movement.reserved,
            allocated=before.allocated + movement.allocated,
            display=before.display + movement.display,
            expected=before.expected + movement.expected,
        )
    return sums


def replay_levels(movements: Iterable[Movement]) -> dict[LevelId, Level]:
    """Return the levels that the movements of a whole ledger add up to."""
    return {
        level_id: Level(
            *level_id, total.on_hand, total.reserved, total.allocated, total.display, expected=total.expected
        )
        for level_id, total in sum_movements(movements).items()
    }


def take_from_display(shards: Sequence[Level], quantity: int) -> list[Allocation]:
    """Return, by shard, the displayed units to put back on sale. Raises NotPromised if fewer are on display."""
    allocations = []
    for level in shards:
        share = min(quantity, level.display)
        if share > 0:
            allocations.append(Allocation(*level.level_id[:2], share, level.shard))
            quantity -= share
    if quantity > 0:
        raise NotPromised(sku=shards[0].sku, location=shards[0].location)
    return allocations


def balance_shards(levels: Sequence[Level], shard_count: int) -> list[Movement]:
    """Return the movements that spread free units evenly; the first shards take the remainder.

    Raises ShelfInUse if a shard beyond the count still has promised or displayed units.
    """
    existing = {level.shard: level for level in levels}
    free = sum(level.available for level in levels)
    movements = []
    for shard in sorted({*range(shard_count), *existing}):
        level = existing.get(shard, Level(levels[0].sku, levels[0].location, shard))
        if shard >= shard_count and level.on_hand != level.available:
            raise ShelfInUse(sku=level.sku, location=level.location, shelf=shard)
        share = free // shard_count + (shard < free % shard_count) if shard < shard_count else 0
        movements.append(Movement(MovementKind.TRANSFERRED, *level.level_id, on_hand=share - level.available))
    return [movement for movement in movements if movement.on_hand]


def apply_movements(levels: Iterable[Level], movements: Iterable[Movement]) -> list[Level]:
    """Return the levels as they are after the movements."""
    sums = sum_movements(movements)
    return [_apply_total(level, sums.get(level.level_id)) for level in levels]


def _apply_total(level: Level, total: Movement | None) -> Level:
    if total is None:
        return level
    return replace(
        level,
        on_hand=level.on_hand + total.on_hand,
        reserved=level.reserved + total.reserved,
        allocated=level.allocated + total.allocated,
        display=level.display + total.display,
        expected=level.expected + total.expected,
    )


class OutOfStock(Refused):
    """`short` lists {"sku", "wanted", "available"} for every short SKU.

    A SKU that could be promised for later days also has "expected": [{"on", "quantity"}].
    """

    message = "Not enough stock: {shortages}."

    @property
    def detail(self) -> str:
        units = [
            f"{line['sku']}, {line['wanted']} wanted, {line['available']} available" for line in self.facts["short"]
        ]
        return self.message.format(shortages="; ".join(units))


class NotStocked(Refused):
    message = "{location} has never had {sku}; receive units of it first."


class NotPromised(Refused):
    message = "{location} has fewer promised or displayed units of {sku} than that; load the level and try again."


class HoldGone(Refused):
    message = "The reservation of {sku} at {location} has lapsed and its units went to another order."


class MorePromised(Refused):
    message = (
        "{promised} units of {sku} at {location} are promised or on display, but only {counted} were counted; "
        "change those orders or the display first."
    )


class PromisedAhead(Refused):
    message = "{promised} units of {sku} are already promised for {on}; the expected quantity cannot be lower."


class DayTooFar(Invalid):
    message = "Goods can be expected within {most} days; {on} is later."


class DayIsOver(Invalid):
    message = "Goods can be expected today or later; {on} is over."


class NotYourLocation(Forbidden):
    message = "Only the staff of {location} may do this."


class TooMuchAtOnce(Invalid):
    message = "The request needs more writes than one transaction can hold; send fewer lines at once."


class TransferStatus(StrEnum):
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


# A transfer starts in transit: goods leave the source in the commit that creates it, so it has no draft status.
TRANSFER_STATES: dict[TransferStatus, set[TransferStatus]] = {
    TransferStatus.IN_TRANSIT: {
        TransferStatus.PARTIALLY_RECEIVED,
        TransferStatus.RECEIVED,
        TransferStatus.CANCELLED,
    },
    TransferStatus.PARTIALLY_RECEIVED: {
        TransferStatus.PARTIALLY_RECEIVED,
        TransferStatus.RECEIVED,
        TransferStatus.CANCELLED,
    },
    TransferStatus.RECEIVED: set(),
    TransferStatus.CANCELLED: set(),
}


@dataclass(frozen=True)
class TransferLine:
    sku: str
    sent: int
    received: int = 0

    @property
    def outstanding(self) -> int:
        return self.sent - self.received


@dataclass(frozen=True)
class Transfer:
    """Stock sent from one location to another. Outstanding units are in transit and cannot be sold."""

    id: str
    source: str
    destination: str
    status: TransferStatus
    lines: tuple[TransferLine, ...]
    sent_at: datetime
    sent_by: str
    reason: str = ""
    version: int = 0
    journal_hash: str = ""

    @property
    def subject(self) -> str:
        return f"transfer#{self.id}"

    @property
    def outstanding(self) -> dict[str, int]:
        """Units in transit by SKU, without SKUs that have arrived completely."""
        return {line.sku: line.outstanding for line in self.lines if line.outstanding}


def receive_transfer_lines(transfer: Transfer, arrived: Mapping[str, int]) -> Transfer:
    """Return the transfer with the arrived quantities, by SKU, added.

    Raises TransferClosed, or MoreThanSent for a quantity above the outstanding one.
    """
    if TransferStatus.RECEIVED not in TRANSFER_STATES[transfer.status]:
        raise TransferClosed(transfer=transfer.id, transfer_status=transfer.status)
    for sku, quantity in arrived.items():
        outstanding = transfer.outstanding.get(sku, 0)
        if quantity > outstanding:
            raise MoreThanSent(sku=sku, quantity=quantity, outstanding=outstanding)
    lines = tuple(replace(line, received=line.received + arrived.get(line.sku, 0)) for line in transfer.lines)
    complete = all(line.outstanding == 0 for line in lines)
    status = TransferStatus.RECEIVED if complete else TransferStatus.PARTIALLY_RECEIVED
    return replace(transfer, lines=lines, status=status)


def cancel_transfer(transfer: Transfer) -> Transfer:
    """Return the cancelled transfer. Raises TransferClosed."""
    if TransferStatus.CANCELLED not in TRANSFER_STATES[transfer.status]:
        raise TransferClosed(transfer=transfer.id, transfer_status=transfer.status)
    return replace(transfer, status=TransferStatus.CANCELLED)


class TransferClosed(Refused):
    message = "Transfer {transfer} is already {transfer_status}."


class MoreThanSent(Refused):
    message = "{quantity} units of {sku} cannot be received; {outstanding} are in transit."


class SamePlace(Invalid):
    message = "Source and destination of a transfer must differ; both are {location}."


class ShelfInUse(Refused):
    message = (
        "Shard {shelf} of {sku} at {location} still has promised or displayed units; remove it when they are gone."
    )


@dataclass(frozen=True)
class StockReceived(Event):
    """Goods came from outside the company."""

    location: str
    reason: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class StockExpected(Event):
    """The number of units expected on a day was set."""

    location: str
    on: str  # the day, YYYY-MM-DD
    reason: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class UnclaimedStockReleased(Event):
    """Units that had arrived for an order that no longer waits for them were returned to general stock."""

    location: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class SafetyUnits:
    """How many units of a SKU are kept as safety stock, which channels do not sell."""

    sku: str
    units: int  # not sold through channels


@dataclass(frozen=True)
class StockAdjusted(Event):
    """Staff corrected quantities, put units on display or took them back, or set the safety stock."""

    location: str
    reason: str
    movements: tuple[Movement, ...]
    safety: tuple[SafetyUnits, ...] = ()  # only where it was set


@dataclass(frozen=True)
class CountedLine:
    """One SKU of a stock count."""

    sku: str
    expected: int  # units on hand before the count
    counted: int  # units


@dataclass(frozen=True)
class StockCounted(Event):
    """Staff counted goods at a location; differences were adjusted."""

    location: str
    reason: str
    counted: tuple[CountedLine, ...]  # every SKU that was counted
    movements: tuple[Movement, ...]  # of the differences only


@dataclass(frozen=True)
class TransferSent(Event):
    """Goods left a location for another and are in transit."""

    transfer_id: str
    source: str
    destination: str
    reason: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class TransferReceived(Event):
    """Some or all goods in transit arrived."""

    transfer_id: str
    destination: str
    status: TransferStatus
    movements: tuple[Movement, ...]
    reason: str = ""


@dataclass(frozen=True)
class TransferCancelled(Event):
    """A transfer was cancelled, and the units that had not arrived went back to its source."""

    transfer_id: str
    source: str
    reason: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class StockResharded(Event):
    """One SKU's free units at a location were spread over another number of shards."""

    sku: str
    location: str
    shelves: int  # shards from now on
    reason: str
    movements: tuple[Movement, ...]
