"""The cells of the recap and the figures summed in them. Sums do not depend on the order of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from enum import StrEnum
from operator import add, neg

from chalicelib.kit.errors import Refused
from chalicelib.orders.model import OrderPlacedLine, ReducedLine
from chalicelib.payments.model import Posting

DIMENSIONS = ("day", "channel", "location", "salesman")


class SaleStatus(StrEnum):
    """Whether the sale of an order is in the sums."""

    COUNTED = "counted"
    DROPPED = "dropped"


SALE_TRANSITIONS: dict[SaleStatus, set[SaleStatus]] = {
    SaleStatus.COUNTED: {SaleStatus.DROPPED},
    SaleStatus.DROPPED: set(),
}


@dataclass(frozen=True, order=True)
class Cell:
    """One combination of dimensions and currency. A dimension that does not apply is empty: a web order has no
    location and no salesman."""

    day: str = ""
    channel: str = ""
    location: str = ""
    salesman: str = ""
    currency: str = ""

    @property
    def key(self) -> str:
        return "#".join(astuple(self))

    def reduce_to(self, dimensions: Sequence[str]) -> Cell:
        """Return the cell with only these dimensions, to which this one is summed."""
        values = {name: getattr(self, name) for name in DIMENSIONS if name in dimensions}
        return Cell(**values, currency=self.currency)


def key_to_cell(key: str) -> Cell:
    return Cell(*key.split("#"))


@dataclass(frozen=True)
class Figures:
    """The figures of a cell. Sales include tax, so the margin is sales − tax − cost.

    `uncosted_units` counts units without a known cost.
    """

    orders: int = 0
    units: int = 0
    sales_minor: int = 0
    freight_minor: int = 0
    tax_minor: int = 0
    cost_minor: int = 0
    uncosted_units: int = 0
    cash_minor: int = 0
    noncash_minor: int = 0
    cancelled: int = 0
    returned_units: int = 0
    returned_minor: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*map(add, astuple(self), astuple(other)))

    def __neg__(self) -> Figures:
        return Figures(*map(neg, astuple(self)))

    @property
    def margin_minor(self) -> int:
        return self.sales_minor - self.tax_minor - self.cost_minor

    def nonzero(self) -> dict[str, int]:
        return {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name)}


def figures_of_sale(lines: Sequence[OrderPlacedLine], freight_minor: int) -> Figures:
    """Return the figures of an order. Freight is not part of the sales."""
    return Figures(
        orders=1,
        units=sum(line.quantity for line in lines),
        sales_minor=sum(line.total_minor for line in lines),
        freight_minor=freight_minor,
        tax_minor=sum(line.tax_minor for line in lines),
        cost_minor=sum(line.cost_minor or 0 for line in lines),
        uncosted_units=sum(line.quantity for line in lines if line.cost_minor is None),
    )


def figures_of_reduction(lines: Sequence[ReducedLine]) -> Figures:
    """Return the figures of cancelled units, to be subtracted from those of their order."""
    placed = [
        OrderPlacedLine(line.sku, line.quantity, line.total_minor, line.tax_minor, line.cost_minor) for line in lines
    ]
    return replace(figures_of_sale(placed, 0), orders=0)


def figures_of_postings(postings: Iterable[Posting]) -> Figures:
    """Return the money received: cash in tills, and the rest in the bank. Other accounts are not money."""
    cash = noncash = 0
    for posting in postings:
        cash += posting.minor if posting.account.startswith("till:") else 0
        noncash += posting.minor if posting.account == "bank" else 0
    return Figures(cash_minor=cash, noncash_minor=noncash)


def sum_by_cell(cells: Iterable[tuple[Cell, Figures]]) -> dict[Cell, Figures]:
    """Return the sum of each cell. DynamoDB rejects a transaction that names an item twice."""
    sums: dict[Cell, Figures] = {}
    for cell, figures in cells:
        sums[cell] = sums.get(cell, Figures()) + figures
    return sums


def roll_up(cells: Mapping[Cell, Figures], by: Sequence[str]) -> list[tuple[Cell, Figures]]:
    """Return the rows of a report by these dimensions, sorted."""
    return sorted(sum_by_cell((cell.reduce_to(by), figures) for cell, figures in cells.items()).items())


class AlreadyProjected(Refused):
    is_internal = True
    message = "Event {event_id} is already in the sums."
