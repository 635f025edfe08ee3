"""What a level is, how it moves, and which units an order is promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import Forbidden, Invalid, Refused
from chalicelib.kit.events import Event

MAX_SHARDS = 64
FIRST_INBOUND_BUCKET = 10_000_000  # what is expected on a day is a shelf of its own, numbered by it: 20261205
LevelId = tuple[str, str, int]  # sku, location, shelf


def day_to_bucket(day: date) -> int:
    return int(f"{day:%Y%m%d}")


def is_inbound_bucket(shelf: int) -> bool:
    return shelf >= FIRST_INBOUND_BUCKET


def bucket_to_day(shelf: int) -> str:
    """The day of a shelf of expected goods, as ISO writes it."""
    return date(shelf // 10_000, shelf // 100 % 100, shelf % 100).isoformat()


@dataclass(frozen=True)
class Level:
    """One SKU on one shelf of one location. `expected` units are promised like others before they are there. `shelves`,
    `safety` and `days`, the shelves of what is expected, speak for the whole location, on shelf 0."""

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
    """Units of one SKU on one shelf: what an order remembers, so that release and issue are exact."""

    sku: str
    location: str
    quantity: int
    shard: int = 0

    @property
    def level_id(self) -> LevelId:
        return (self.sku, self.location, self.shard)

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"sku": self.sku, "location": self.location, "quantity": self.quantity}
        return said | ({"shelf": self.shard} if self.shard else {})

    @staticmethod
    def from_json(said: Mapping[str, Any]) -> Allocation:
        return Allocation(said["sku"], said["location"], int(said["quantity"]), int(said.get("shelf", 0)))


@dataclass(frozen=True)
class Hold:
    """A reservation with its end. It lives while `reserved_until` is ahead; then anybody may take its units."""

    sku: str
    location: str
    shard: int
    order_id: str
    quantity: int
    reserved_until: datetime

    @property
    def allocation(self) -> Allocation:
        return Allocation(self.sku, self.location, self.quantity, self.shard)


def build_holds(pieces: Iterable[Allocation], order_id: str, reserved_until: datetime) -> list[Hold]:
    return [Hold(piece.sku, piece.location, piece.shard, order_id, piece.quantity, reserved_until) for piece in pieces]


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
    """One line of the stock ledger: by how much each quantity of a level changed, never to what."""

    kind: MovementKind
    sku: str
    location: str
    shelf: int = 0  # the shard of the level, or the day (20261205) for which goods are expected
    on_hand: int = 0  # units physically there, more or fewer
    reserved: int = 0  # units in holds, more or fewer
    allocated: int = 0  # units promised to paid or collectable orders, more or fewer
    display: int = 0  # units shown and not sold, more or fewer
    expected: int = 0  # units on their way for the day of `shelf`, more or fewer

    @property
    def available(self) -> int:
        return self.on_hand + self.expected - self.reserved - self.allocated - self.display

    @property
    def level_id(self) -> LevelId:
        return (self.sku, self.location, self.shelf)


def receipt_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.RECEIVED, *piece.level_id, on_hand=piece.quantity)


def reservation_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.RESERVED, *piece.level_id, reserved=piece.quantity)


def hold_release_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.RELEASED, *piece.level_id, reserved=-piece.quantity)


def allocation_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.ALLOCATED, *piece.level_id, allocated=piece.quantity)


def allocation_release_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.RELEASED, *piece.level_id, allocated=-piece.quantity)


def issue_movement(piece: Allocation) -> Movement:
    """Allocated units leave the house."""
    return Movement(MovementKind.ISSUED, *piece.level_id, on_hand=-piece.quantity, allocated=-piece.quantity)


def direct_issue_movement(piece: Allocation) -> Movement:
    """Handed over at the counter: never promised, gone at once."""
    return Movement(MovementKind.ISSUED, *piece.level_id, on_hand=-piece.quantity)


def return_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.RETURNED, *piece.level_id, on_hand=piece.quantity)


def surplus_movement(piece: Allocation) -> Movement:
    """More was found than the books said; `missing` is less."""
    return Movement(MovementKind.ADJUSTED, *piece.level_id, on_hand=piece.quantity)


def shortage_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.ADJUSTED, *piece.level_id, on_hand=-piece.quantity)


def transfer_out_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.TRANSFERRED, *piece.level_id, on_hand=-piece.quantity)


def transfer_in_movement(piece: Allocation) -> Movement:
    return Movement(MovementKind.TRANSFERRED, *piece.level_id, on_hand=piece.quantity)


def display_movement(piece: Allocation) -> Movement:
    """Shown, not sold."""
    return Movement(MovementKind.ADJUSTED, *piece.level_id, display=piece.quantity)


def display_return_movement(piece: Allocation) -> Movement:
    """From the display into what can be sold."""
    return Movement(MovementKind.ADJUSTED, *piece.level_id, display=-piece.quantity)


def expected_movement(piece: Allocation) -> Movement:
    """So many more are on their way; fewer when the quantity is negative."""
    return Movement(MovementKind.EXPECTED, *piece.level_id, expected=piece.quantity)


def sum_movements(movements: Iterable[Movement]) -> dict[LevelId, Movement]:
    """The sum for each level: DynamoDB refuses the same item twice in one transaction."""
    sums: dict[LevelId, Movement] = {}
    for each in movements:
        before = sums.get(each.level_id, Movement(each.kind, *each.level_id))
        sums[each.level_id] = Movement(
            before.kind,
            *before.level_id,
            on_hand=before.on_hand + each.on_hand,
            reserved=before.reserved + each.reserved,
            allocated=before.allocated + each.allocated,
            display=before.display + each.display,
            expected=before.expected + each.expected,
        )
    return sums


def replay_levels(movements: Iterable[Movement]) -> dict[LevelId, Level]:
    """The levels that a ledger adds up to: the journal is the truth, the table only its sum."""
    return {
        place: Level(*place, each.on_hand, each.reserved, each.allocated, each.display, expected=each.expected)
        for place, each in sum_movements(movements).items()
    }


def take_from_display(shelves: Sequence[Level], quantity: int) -> list[Allocation]:
    """Displayed units are taken back from the shelves that they were taken from."""
    pieces = []
    for level in shelves:
        share = min(quantity, level.display)
        if share > 0:
            pieces.append(Allocation(*level.level_id[:2], share, level.shard))
            quantity -= share
    if quantity > 0:
        raise NotPromised(sku=shelves[0].sku, location=shelves[0].location)
    return pieces


def balance_shards(levels: Sequence[Level], shelves: int) -> list[Movement]:
    """Free units over `shelves` shelves, one more on the first ones; a shelf that goes away must hold no promise."""
    standing = {level.shard: level for level in levels}
    free = sum(level.available for level in levels)
    movements = []
    for shelf in sorted({*range(shelves), *standing}):
        level = standing.get(shelf, Level(levels[0].sku, levels[0].location, shelf))
        if shelf >= shelves and level.on_hand != level.available:
            raise ShelfInUse(sku=level.sku, location=level.location, shelf=shelf)
        share = free // shelves + (shelf < free % shelves) if shelf < shelves else 0
        movements.append(Movement(MovementKind.TRANSFERRED, *level.level_id, on_hand=share - level.available))
    return [movement for movement in movements if movement.on_hand]


def apply_movements(levels: Iterable[Level], movements: Iterable[Movement]) -> list[Level]:
    """The levels as the movements will leave them."""
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
    """`short` lists every short SKU: {"sku", "wanted", "available"}, and {"expected"} [{"on", "quantity"}] of what is
    on its way and could be promised for a later day."""

    message = "Not enough in stock; `short` lists what is there."


class NotPromised(Refused):
    message = "{location} does not hold that many promised or displayed units of {sku}; look again."


class HoldGone(Refused):
    message = "The reservation of {sku} at {location} has lapsed and its units went to somebody else."


class MorePromised(Refused):
    message = (
        "{promised} units of {sku} at {location} are promised or shown, {counted} were counted; settle those first."
    )


class PromisedAhead(Refused):
    message = "{promised} units of {sku} are promised for {on} already; no fewer can be expected then."


class DayIsOver(Invalid):
    message = "Goods are expected today or later, not on {on}."


class NotYourLocation(Forbidden):
    message = "Only the people of {location} may do this there."


class TooMuchAtOnce(Invalid):
    message = "That is more than one transaction holds; send fewer lines at once."


class TransferStatus(StrEnum):
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


# A transfer begins in transit: goods leave the source in the commit that makes it, so there is no draft of one.
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
    """Stock between two locations; what is outstanding is in transit and nobody's to sell."""

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
        return {line.sku: line.outstanding for line in self.lines if line.outstanding}


def receive_transfer_lines(transfer: Transfer, arrived: Mapping[str, int]) -> Transfer:
    """Adds what arrived; refuses more than is on its way and anything that was never sent."""
    if TransferStatus.RECEIVED not in TRANSFER_STATES[transfer.status]:
        raise TransferClosed(transfer=transfer.id, status=transfer.status)
    for sku, quantity in arrived.items():
        outstanding = transfer.outstanding.get(sku, 0)
        if quantity > outstanding:
            raise MoreThanSent(sku=sku, quantity=quantity, outstanding=outstanding)
    lines = tuple(replace(line, received=line.received + arrived.get(line.sku, 0)) for line in transfer.lines)
    done = all(line.outstanding == 0 for line in lines)
    return replace(transfer, lines=lines, status=TransferStatus.RECEIVED if done else TransferStatus.PARTIALLY_RECEIVED)


def cancel_transfer(transfer: Transfer) -> Transfer:
    if TransferStatus.CANCELLED not in TRANSFER_STATES[transfer.status]:
        raise TransferClosed(transfer=transfer.id, status=transfer.status)
    return replace(transfer, status=TransferStatus.CANCELLED)


class TransferClosed(Refused):
    message = "Transfer {transfer} is {status} already."


class MoreThanSent(Refused):
    message = "{quantity} units of {sku} cannot arrive; {outstanding} are on their way."


class SamePlace(Invalid):
    message = "A transfer needs two locations; {location} is both."


class ShelfInUse(Refused):
    message = (
        "Shelf {shelf} of {sku} at {location} still holds promised or shown units; take it away when they are gone."
    )


@dataclass(frozen=True)
class StockReceived(Event):
    """Goods came from outside the company."""

    location: str
    reason: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class StockExpected(Event):
    """How many units are on their way for a day was set anew."""

    location: str
    on: str  # the day, YYYY-MM-DD
    reason: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class UnclaimedStockReleased(Event):
    """Units that had come for an order which no longer waits for them returned to general stock."""

    location: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class SafetyUnits:
    """How many units of a SKU are kept back from channels."""

    sku: str
    units: int  # kept back


@dataclass(frozen=True)
class StockAdjusted(Event):
    """Staff corrected quantities, put units on display or took them back, or set how many are kept back."""

    location: str
    reason: str
    movements: tuple[Movement, ...]
    safety: tuple[SafetyUnits, ...] = ()  # only where it was set anew


@dataclass(frozen=True)
class CountedLine:
    """One SKU of a stock count."""

    sku: str
    expected: int  # units, by the books
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
    """Goods in transit arrived, some of them or all."""

    transfer_id: str
    destination: str
    status: TransferStatus
    movements: tuple[Movement, ...]
    reason: str = ""


@dataclass(frozen=True)
class TransferCancelled(Event):
    """A transfer was called off, and what had not arrived went back to its source."""

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
