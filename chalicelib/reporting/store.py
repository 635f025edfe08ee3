"""Rows of the table `reporting`.

recap#<month>   <day>#<channel>#<location>#<salesman>#<currency>   one cell of the recap
order#ord_…     sale                                               the figures of an order and its cell
order#ord_…     evt_…                                              an event that is in the sums

Figures are added by ADD in the transaction that records the event, so a repeated or late event gives the same sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import compact_json, db
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.journal import EntryRow
from chalicelib.kit.row_attributes import StateAttribute
from chalicelib.reporting.model import AlreadyProjected, Cell, Figures, SaleStatus, key_to_cell

SALE_KINDS = ("OrderPlaced", "HistoricalOrderRecorded")  # recorded by the order's sale row


class CellRow(Row):
    Meta = db.table("reporting")

    orders = NumberAttribute(default=0)
    units = NumberAttribute(default=0)
    sales_minor = NumberAttribute(default=0)
    freight_minor = NumberAttribute(default=0)
    tax_minor = NumberAttribute(default=0)
    cost_minor = NumberAttribute(default=0)
    uncosted_units = NumberAttribute(default=0)
    cash_minor = NumberAttribute(default=0)
    noncash_minor = NumberAttribute(default=0)
    cancelled = NumberAttribute(default=0)
    returned_units = NumberAttribute(default=0)
    returned_minor = NumberAttribute(default=0)


class SaleRow(IndexedRow):
    """The sale of an order: `counted`, or `dropped` after a cancellation. Counted sales are listed by their cell."""

    Meta = db.table("reporting")

    status = StateAttribute()
    cell = UnicodeAttribute()
    figures = UnicodeAttribute()


class ProjectedEventRow(Row):
    Meta = db.table("reporting")

    kind = UnicodeAttribute()


def add_figures(sums: Mapping[Cell, Figures]) -> list[Write]:
    return [_add_to_cell(cell, figures.nonzero()) for cell, figures in sorted(sums.items()) if figures.nonzero()]


def _add_to_cell(cell: Cell, changes: Mapping[str, int]) -> Write:
    actions = [getattr(CellRow, name).add(change) for name, change in changes.items()]
    return db.update(CellRow(month_key(cell.day[:7]), cell.key), *actions)


def record_event(subject: str, event_id: str, kind: str) -> Write:
    return db.create(ProjectedEventRow(subject, event_id, kind=kind), refusal=AlreadyProjected(event_id=event_id))


def find_projected(entries: Sequence[EntryRow]) -> set[str]:
    """Return the ids of the events that are recorded as being in the sums. Events without figures are not recorded."""
    recorded = {Key(ProjectedEventRow, entry.pk, entry.event_id): entry.event_id for entry in entries}
    placed = {Key(SaleRow, entry.pk, "sale"): entry.event_id for entry in entries if entry.kind in SALE_KINDS}
    rows = db.batch([*recorded, *placed])
    # A sale without figures was put by the order's cancellation.
    return {event_id for key, event_id in recorded.items() if key in rows} | {
        event_id for key, event_id in placed.items() if key in rows and rows[key].figures != "{}"
    }


def put_sale(subject: str, cell: Cell, figures: Figures, event_id: str) -> Write:
    row = _build_sale_row(subject, cell, figures, SaleStatus.COUNTED)
    row.list, row.listed_at = sales_list_key(cell), subject.partition("#")[2]
    return db.create(row, refusal=AlreadyProjected(event_id=event_id))


def put_dropped_sale(subject: str, cell: Cell) -> Write:
    """Return the write for a cancellation that is projected before its order, which then adds no sale."""
    return db.create(_build_sale_row(subject, cell, Figures(), SaleStatus.DROPPED))


def change_sale(subject: str, before: Figures, after: Figures) -> Write:
    """Return the write of an order's figures. Fails with StaleVersion if they changed or the sale was dropped."""
    unchanged = SaleRow.figures == compact_json.dumps(before.nonzero())
    figures = SaleRow.figures.set(compact_json.dumps(after.nonzero()))
    return db.update(SaleRow(subject, "sale"), figures, when=unchanged & (SaleRow.status == SaleStatus.COUNTED))


def drop_sale(subject: str) -> Write:
    actions = [SaleRow.status.set(SaleStatus.DROPPED), SaleRow.list.remove(), SaleRow.listed_at.remove()]
    return db.update(SaleRow(subject, "sale"), *actions, when=SaleRow.status == SaleStatus.COUNTED)


def _build_sale_row(subject: str, cell: Cell, figures: Figures, status: SaleStatus) -> SaleRow:
    return SaleRow(subject, "sale", status=status, cell=cell.key, figures=compact_json.dumps(figures.nonzero()))


def load_sale(subject: str) -> tuple[SaleStatus, Cell, Figures] | None:
    row = db.get(SaleRow, subject, "sale")
    return (SaleStatus(row.status), key_to_cell(row.cell), Figures(**compact_json.loads(row.figures))) if row else None


def load_cells(first: date, last: date) -> dict[Cell, Figures]:
    cells: dict[Cell, Figures] = {}
    for month in months(first, last):
        rows = db.query_all(CellRow, month_key(month), between=(first.isoformat(), last.isoformat() + "~"))
        cells |= {key_to_cell(row.sk): row_to_figures(row) for row in rows}
    return cells


def row_to_figures(row: Any) -> Figures:
    return Figures(**{field.name: int(getattr(row, field.name) or 0) for field in fields(Figures)})


def load_sales(cell: Cell, limit: int, after: Any) -> tuple[list[str], Any]:
    """Return one page of ids of the orders whose sales are in the cell, and the position of the next page."""
    page = db.query(SaleRow, sales_list_key(cell), index="by_list", limit=limit, after=after)
    return [row.pk.partition("#")[2] for row in page.items], page.after


def sales_list_key(cell: Cell) -> str:
    return f"cell#{cell.key}"


def month_key(month: str) -> str:
    return f"recap#{month}"


def months(first: date, last: date) -> list[str]:
    """Return the months between two days, both included, as `2026-11`."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    starts = [divmod(first.year * 12 + first.month - 1 + i, 12) for i in range(count)]
    return [f"{year:04d}-{month + 1:02d}" for year, month in starts]
