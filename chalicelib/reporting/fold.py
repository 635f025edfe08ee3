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
from chalicelib.reporting.model import AlreadyFolded, Cell, Figures, of_money, of_sale, summed


def fold(told: JournalEntry) -> None:
    """Once for each event, in whatever order they come; kinds without a rule add nothing."""
    rule = FOLDS.get(told.kind)
    if rule is None or told.event is None:
        return
    try:
        rule(told, told.event)
    except AlreadyFolded as done:
        log.decision("folded before", event_id=told.event_id, kind=told.kind, code=done.code)


def placed(told: JournalEntry, event: Any) -> None:
    """Sales belong to the business day the order carries, which for a history brought in is long past."""
    at = clock.parse(event.placed_at) if event.placed_at else told.occurred_at
    cell = cell_at(at, event.channel, event.location, event.made_by or told.actor, event.currency)
    figures = of_sale(event.lines, event.freight_minor)
    sums = summed([(cell, figures), (cell_today(told, cell), of_money(event.postings))])
    try:
        db.commit([store.put_sale(told.subject, cell, figures, told.event_id), *store.add(sums)])
    except AlreadyFolded:
        placed_after_its_end(told, event, cell)
        raise


def placed_after_its_end(told: JournalEntry, event: Any, cell: Cell) -> None:
    """An end that was heard first leaves an empty sale behind; the cash that came with the order came all the same."""
    sale, money = store.load_sale(told.subject), of_money(event.postings)
    if sale and not sale[2].changed() and money.changed():
        sums = {cell_today(told, cell): money}
        db.commit([store.remember(told.subject, told.event_id, told.kind), *store.add(sums)])


@db.decided_anew
def ended(told: JournalEntry, event: Any) -> None:
    """Takes back from its own cell and day what the order had added there."""
    sale = store.load_sale(told.subject)
    if sale is None:
        cell, figures, mark = cell_of_order(orders.order(event.order_id)), Figures(), None
        mark = store.put_dropped(told.subject, cell)
    else:
        _, cell, figures = sale
        mark = store.drop_sale(told.subject)
    taken_back = -figures + Figures(cancelled=1)
    sums = summed([(cell, taken_back), (cell_today(told, cell), of_money(event.postings))])
    db.commit([store.remember(told.subject, told.event_id, told.kind), mark, *store.add(sums)])


def money_in(told: JournalEntry, event: Any) -> None:
    money = of_money(event.postings)
    if money.changed():
        cell = cell_today(told, cell_of_order(orders.order(event.order_id)))
        db.commit([store.remember(told.subject, told.event_id, told.kind), *store.add({cell: money})])


def collected(told: JournalEntry, event: Any) -> None:
    """A debt paid later belongs to no channel; to whoever took it and where he works."""
    person = places.staff().get(told.actor)
    location = person.location if person else ""
    cell = cell_at(told.occurred_at, told.channel or "", location, told.actor, event.currency)
    sums = {cell: of_money(event.postings)}
    db.commit([store.remember(told.subject, told.event_id, told.kind), *store.add(sums)])


FOLDS: dict[str, Callable[[JournalEntry, Any], None]] = {
    "OrderPlaced": placed,
    "OrderCancelled": ended,
    "PaymentCaptured": money_in,
    "WorkDelivered": money_in,
    "WorkHandedOver": money_in,
    "CollectionReceived": collected,
}


def cell_of_order(order: Order) -> Cell:
    return cell_at(order.placed_at, order.channel, order.location, order.actor, order.currency)


def cell_at(at: datetime, channel: str, location: str, actor: str, currency: str) -> Cell:
    return Cell(day_at(at, location), channel, location, salesman(actor), currency)


def cell_today(told: JournalEntry, cell: Cell) -> Cell:
    """The same corner of the shop on the day that money came in."""
    return Cell(day_at(told.occurred_at, cell.location), cell.channel, cell.location, cell.salesman, cell.currency)


def day_at(at: datetime, location: str) -> str:
    """On the calendar of the place: at 23.30 UTC it is tomorrow in Surabaya."""
    place = places.locations().get(location)
    return clock.day_of(at, place.zone if place else config.zone()).isoformat()


def salesman(actor: str) -> str:
    """Whoever of the staff made the order; a shopper and a marketplace's key are nobody's sale."""
    person = places.staff().get(actor)
    return actor if person and person.role != "channel" else ""
