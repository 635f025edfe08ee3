"""Projection of journal entries into the recap: the figures of each event and the cell they are added to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.kit import clock, db, journal, log
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.journal import JournalEntry
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order
from chalicelib.orders.search_index import index_order
from chalicelib.places import find as places
from chalicelib.reporting import store
from chalicelib.reporting.model import (
    AlreadyProjected,
    Cell,
    Figures,
    SaleStatus,
    figures_of_postings,
    figures_of_reduction,
    figures_of_sale,
    sum_by_cell,
)


def project_entry(entry: JournalEntry) -> None:
    """Add the entry's event to the sums once, and a new order to the index by which staff find it.

    Events may come in any order; other kinds add nothing."""
    project = PROJECTIONS.get(entry.kind)
    if project is None or entry.event is None:
        return
    if entry.kind in store.SALE_KINDS:
        index_order(entry.subject.removeprefix("order#"))
    try:
        project(entry, entry.event)
    except AlreadyProjected:
        log.info("event_already_projected", event_id=entry.event_id, kind=entry.kind)


def project_order_placed(entry: JournalEntry, event: Any) -> None:
    """Add the sale on the order's own day, which for imported orders is in the past, and money on the event's day."""
    at = clock.parse(event.placed_at) if event.placed_at else entry.occurred_at
    cell = build_cell(at, event.channel, event.location, event.made_by or entry.actor, event.currency)
    figures = figures_of_sale(event.lines, event.freight_minor)
    sums = sum_by_cell([(cell, figures), (cell_on_event_day(entry, cell), figures_of_postings(event.postings))])
    try:
        db.commit([store.put_sale(entry.subject, cell, figures, entry.event_id), *store.add_figures(sums)])
    except AlreadyProjected:
        add_money_of_ended_order(entry, event, cell)
        raise


def project_historical_order(entry: JournalEntry, event: Any) -> None:
    """Add the sale on the order's own day. Its money was received in an earlier system and is in no account here."""
    actor = event.made_by or entry.actor
    cell = build_cell(clock.parse(event.placed_at), event.channel, event.location, actor, event.currency)
    figures = figures_of_sale(event.lines, event.freight_minor)
    db.commit([store.put_sale(entry.subject, cell, figures, entry.event_id), *store.add_figures({cell: figures})])


def add_money_of_ended_order(entry: JournalEntry, event: Any, cell: Cell) -> None:
    """Add only the money received with an order whose cancellation was projected first and left an empty sale."""
    sale, money = store.load_sale(entry.subject), figures_of_postings(event.postings)
    if sale is None:
        return
    _, _, sale_figures = sale
    if money.nonzero() and not sale_figures.nonzero():
        sums = {cell_on_event_day(entry, cell): money}
        db.commit([store.record_event(entry.subject, entry.event_id, entry.kind), *store.add_figures(sums)])


@db.retry_on_conflict
def project_order_cancelled(entry: JournalEntry, event: Any) -> None:
    """Subtract the order's figures from the cell that they were added to."""
    sale = store.load_sale(entry.subject)
    if sale is None:
        cell, figures = order_to_cell(orders.load_order_unchecked(event.order_id)), Figures()
        sale_write = store.put_dropped_sale(entry.subject, cell)
    else:
        _, cell, figures = sale
        sale_write = store.drop_sale(entry.subject)
    changes = -figures + Figures(cancelled=1)
    sums = sum_by_cell([(cell, changes), (cell_on_event_day(entry, cell), figures_of_postings(event.postings))])
    db.commit([store.record_event(entry.subject, entry.event_id, entry.kind), sale_write, *store.add_figures(sums)])


@db.retry_on_conflict
def project_order_reduced(entry: JournalEntry, event: Any) -> None:
    """Subtract the cancelled units from the order's sale and its cell; from a cancelled order nothing is left."""
    sale = store.load_sale(entry.subject)
    if sale is None:
        project_entry(journal.row_to_entry(journal.history(entry.subject)[0]))  # the order, whose event comes later
        sale = store.load_sale(entry.subject)
    if sale is None:
        raise StaleVersion()
    status, cell, figures = sale
    changes = -figures_of_reduction(event.lines) if status == SaleStatus.COUNTED else Figures()
    sums = sum_by_cell([(cell, changes), (cell_on_event_day(entry, cell), figures_of_postings(event.postings))])
    sale_write = [store.change_sale(entry.subject, figures, figures + changes)] if changes.nonzero() else []
    db.commit([store.record_event(entry.subject, entry.event_id, entry.kind), *sale_write, *store.add_figures(sums)])


def project_payment(entry: JournalEntry, event: Any) -> None:
    money = figures_of_postings(event.postings)
    if money.nonzero():
        cell = cell_on_event_day(entry, order_to_cell(orders.load_order_unchecked(event.order_id)))
        db.commit([store.record_event(entry.subject, entry.event_id, entry.kind), *store.add_figures({cell: money})])


def project_collection(entry: JournalEntry, event: Any) -> None:
    """Add the payment of a debt in the cell of the person who received it and of their location."""
    person = places.load_staff().get(entry.actor)
    location = person.location if person else ""
    cell = build_cell(entry.occurred_at, entry.channel or "", location, entry.actor, event.currency)
    sums = {cell: figures_of_postings(event.postings)}
    db.commit([store.record_event(entry.subject, entry.event_id, entry.kind), *store.add_figures(sums)])


PROJECTIONS: dict[str, Callable[[JournalEntry, Any], None]] = {
    "OrderPlaced": project_order_placed,
    "HistoricalOrderRecorded": project_historical_order,
    "OrderCancelled": project_order_cancelled,
    "OrderReduced": project_order_reduced,
    "PaymentCaptured": project_payment,
    "RefundRecorded": project_payment,
    "WorkDelivered": project_payment,
    "WorkHandedOver": project_payment,
    "CollectionReceived": project_collection,
}


def order_to_cell(order: Order) -> Cell:
    return build_cell(order.placed_at, order.channel, order.location, order.actor, order.currency)


def build_cell(at: datetime, channel: str, location: str, actor: str, currency: str) -> Cell:
    return Cell(places.business_day(location, at).isoformat(), channel, location, find_salesman(actor), currency)


def cell_on_event_day(entry: JournalEntry, cell: Cell) -> Cell:
    """Return the cell with the day of the event, at its location."""
    return replace(cell, day=places.business_day(cell.location, entry.occurred_at).isoformat())


def find_salesman(actor: str) -> str:
    """Return the actor's id if it is a member of staff; empty for shoppers and channel keys."""
    person = places.load_staff().get(actor)
    return actor if person and person.role != "channel" else ""
