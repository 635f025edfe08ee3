"""The owner's board: what waits for someone, since when, and the door that resolves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.fulfillment import store as work
from chalicelib.fulfillment.model import FulfillmentStatus
from chalicelib.kit import clock, config, ids
from chalicelib.notify import store
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order
from chalicelib.orders.store import list_order_ids_to_pay_until
from chalicelib.payments.model import OrderPaymentStatus
from chalicelib.places import find as places
from chalicelib.stock.model import bucket_to_day, day_to_bucket

MAX_PER_KIND = 50
AWAITING_PAYMENT = {OrderPaymentStatus.UNPAID, OrderPaymentStatus.PENDING, OrderPaymentStatus.PARTLY_PAID}


def list_exceptions(now: datetime) -> list[dict[str, Any]]:
    """Most pressing kinds first."""
    kinds = (
        stranded_orders(),
        late_work(now),
        late_goods(now),
        expiring_transfers(now),
        unanswered_notices(),
        failed_messages(),
    )
    return [each for kind in kinds for each in kind]


def stranded_orders() -> Iterator[dict[str, Any]]:
    for order in orders.load_orders(islice(work.list_stranded_orders(), MAX_PER_KIND)).values():
        yield build_item("stranded", order.placed_at, ("POST", f"/orders/{order.id}/cancel"), **order_facts(order))


def late_work(now: datetime) -> Iterator[dict[str, Any]]:
    """Rejecting it in the team's place sends it to the next who can."""
    limit = now - clock.minutes(config.int_setting("LATE_WORK_MINUTES", 60))
    for location in sorted(places.load_locations()):
        for each in work.list_open_fulfillments(location, limit=MAX_PER_KIND)[0]:
            if each.assigned_at <= limit and each.status in (FulfillmentStatus.ASSIGNED, FulfillmentStatus.ACCEPTED):
                action = ("POST", f"/fulfillments/{each.id}/reject")
                facts = {"order": each.order_id, "fulfillment": each.id, "location": location, "status": each.status}
                yield build_item("late_work", each.assigned_at, action, **facts)


def late_goods(now: datetime) -> Iterator[dict[str, Any]]:
    """Promised for a day that is over, and not come yet. The day itself stays what the customer was told."""
    today = clock.day_of(now, config.zone())
    for location in sorted(places.load_locations()):
        for each in islice(work.list_awaiting_fulfillments(location), MAX_PER_KIND):
            if each.pieces[0].shard < day_to_bucket(today):
                facts = {"order": each.order_id, "location": location, "on": bucket_to_day(each.pieces[0].shard)}
                yield build_item("late_goods", each.assigned_at, ("POST", f"/orders/{each.order_id}/cancel"), **facts)


def expiring_transfers(now: datetime) -> Iterator[dict[str, Any]]:
    soon = now + timedelta(minutes=config.int_setting("EXPIRING_MINUTES", 120))
    waiting = orders.load_orders(islice(list_order_ids_to_pay_until(soon), MAX_PER_KIND))
    for order in sorted(waiting.values(), key=lambda order: order.reserved_until or order.placed_at):
        if order.reserved_until and order.payment_status in AWAITING_PAYMENT and order.payment_ids:
            action = ("POST", f"/payments/{order.payment_ids[0]}/confirm")
            until = clock.iso(order.reserved_until)
            yield build_item("expiring_transfer", order.placed_at, action, until=until, **order_facts(order))


def unanswered_notices() -> Iterator[dict[str, Any]]:
    """What the owner was told because nobody else answered, and has not acknowledged himself."""
    for row in store.load_inbox("role#owner", None, MAX_PER_KIND):
        if row.acknowledged_at is None and row.kind == "unheard":
            yield build_item("unheard", row.at, ("POST", f"/inbox/{row.sk}/ack"), order=row.subject.partition("#")[2])


def failed_messages() -> Iterator[dict[str, Any]]:
    """Never sent again: it may have arrived. The order's page shows whom to call."""
    for row in store.load_failed(MAX_PER_KIND):
        order = row.subject.partition("#")[2]
        channel = row.pk.rpartition("#")[2]
        facts = {"order": order, "template": row.template, "transport": channel, "status": row.status}
        yield build_item("failed_message", row.claimed_at, ("GET", f"/orders/{order}"), **facts)


def order_facts(order: Order) -> dict[str, Any]:
    return {"order": order.id, "channel": order.channel, "total": order.total.to_json()}


def build_item(kind: str, since: datetime, action: tuple[str, str], **facts: Any) -> dict[str, Any]:
    """With the number that people call the order by: a board of nameless cards is read by nobody."""
    if facts.get("order", "").startswith("ord_"):
        facts["number"] = ids.short_number(facts["order"])
    return {"kind": kind, "since": clock.iso(since)} | facts | {"action": {"method": action[0], "path": action[1]}}
