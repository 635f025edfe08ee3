"""From an event to the sums: what it adds, and to which cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.kit import clock, config, db, log
from chalicelib.kit.journal import JournalEntry
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order
from chalicelib.places import find as places
from chalicelib.reporting import store
from chalicelib.reporting.model import (
    AlreadyProjected,
    Cell,
    Figures,
    figures_of_postings,
    figures_of_sale,
    sum_by_cell,
)


def project_entry(told: JournalEntry) -> None:
    """Once for each event, in whatever order they come; kinds without a rule add nothing."""
    rule = PROJECTIONS.get(told.kind)
    if rule is None or told.event is None:
        return
    try:
        rule(told, told.event)
    except AlreadyProjected as done:
        log.info("event_already_projected", event_id=told.event_id, kind=told.kind, code=done.code)


def project_order_placed(told: JournalEntry, event: Any) -> None:
    """Sales belong to the business day the order carries, which for a history brought in is long past."""
    at = clock.parse(event.placed_at) if event.placed_at else told.occurred_at
    cell = build_cell(at, event.channel, event.location, event.made_by or told.actor, event.currency)
    figures = figures_of_sale(event.lines, event.freight_minor)
    sums = sum_by_cell([(cell, figures), (cell_on_event_day(told, cell), figures_of_postings(event.postings))])
    try:
        db.commit([store.put_sale(told.subject, cell, figures, told.event_id), *store.add_figures(sums)])
    except AlreadyProjected:
        add_money_of_ended_order(told, event, cell)
        raise


def add_money_of_ended_order(told: JournalEntry, event: Any, cell: Cell) -> None:
    """An end that was heard first leaves an empty sale behind; the cash that came with the order came all the same."""
    sale, money = store.load_sale(told.subject), figures_of_postings(event.postings)
    if sale and not sale[2].nonzero() and money.nonzero():
        sums = {cell_on_event_day(told, cell): money}
        db.commit([store.record_event(told.subject, told.event_id, told.kind), *store.add_figures(sums)])


@db.retry_on_conflict
def project_order_cancelled(told: JournalEntry, event: Any) -> None:
    """Takes back from its own cell and day what the order had added there."""
    sale = store.load_sale(told.subject)
    if sale is None:
        cell, figures, mark = order_to_cell(orders.load_order_unchecked(event.order_id)), Figures(), None
        mark = store.put_dropped_sale(told.subject, cell)
    else:
        _, cell, figures = sale
        mark = store.drop_sale(told.subject)
    taken_back = -figures + Figures(cancelled=1)
    sums = sum_by_cell([(cell, taken_back), (cell_on_event_day(told, cell), figures_of_postings(event.postings))])
    db.commit([store.record_event(told.subject, told.event_id, told.kind), mark, *store.add_figures(sums)])


def project_payment(told: JournalEntry, event: Any) -> None:
    money = figures_of_postings(event.postings)
    if money.nonzero():
        cell = cell_on_event_day(told, order_to_cell(orders.load_order_unchecked(event.order_id)))
        db.commit([store.record_event(told.subject, told.event_id, told.kind), *store.add_figures({cell: money})])


def project_collection(told: JournalEntry, event: Any) -> None:
    """A debt paid later belongs to no channel; to whoever took it and where he works."""
    person = places.load_staff().get(told.actor)
    location = person.location if person else ""
    cell = build_cell(told.occurred_at, told.channel or "", location, told.actor, event.currency)
    sums = {cell: figures_of_postings(event.postings)}
    db.commit([store.record_event(told.subject, told.event_id, told.kind), *store.add_figures(sums)])


PROJECTIONS: dict[str, Callable[[JournalEntry, Any], None]] = {
    "OrderPlaced": project_order_placed,
    "OrderCancelled": project_order_cancelled,
    "PaymentCaptured": project_payment,
    "WorkDelivered": project_payment,
    "WorkHandedOver": project_payment,
    "CollectionReceived": project_collection,
}


def order_to_cell(order: Order) -> Cell:
    return build_cell(order.placed_at, order.channel, order.location, order.actor, order.currency)


def build_cell(at: datetime, channel: str, location: str, actor: str, currency: str) -> Cell:
    return Cell(local_day(at, location), channel, location, find_salesman(actor), currency)


def cell_on_event_day(told: JournalEntry, cell: Cell) -> Cell:
    """The same corner of the shop on the day that money came in."""
    return Cell(local_day(told.occurred_at, cell.location), cell.channel, cell.location, cell.salesman, cell.currency)


def local_day(at: datetime, location: str) -> str:
    """On the calendar of the place: at 23.30 UTC it is tomorrow in Surabaya."""
    place = places.load_locations().get(location)
    return clock.day_of(at, place.zone if place else config.zone()).isoformat()


def find_salesman(actor: str) -> str:
    """Whoever of the staff made the order; a shopper and a marketplace's key are nobody's sale."""
    person = places.load_staff().get(actor)
    return actor if person and person.role != "channel" else ""
