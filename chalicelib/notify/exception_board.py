"""The owner's board of exceptions: what needs attention, since when, and the endpoint that resolves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.fulfillment import store as work
from chalicelib.fulfillment.model import (
    Fulfillment,
    FulfillmentStatus,
    assigned_quantities,
    unassigned_quantities,
)
from chalicelib.kit import clock, compact_json, config, ids, journal
from chalicelib.kit.journal import EntryRow
from chalicelib.notify import inbox, store, sweep_store
from chalicelib.notify.sweep import list_unexamined
from chalicelib.notify.sweep_store import UnfinishedRow
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order, OrderStatus, is_cancellable
from chalicelib.orders.record_refund import derive_refund_owed
from chalicelib.orders.store import CASH_DUE, REFUND_OWED, list_tasks, list_unpaid_order_ids
from chalicelib.payments.lifecycle import cash_to_collect
from chalicelib.payments.model import OrderPaymentStatus
from chalicelib.payments.store import load_payments
from chalicelib.places import find as places
from chalicelib.stock.model import bucket_to_day, day_to_bucket

MAX_PER_KIND = 50
READ_PER_KIND = MAX_PER_KIND + 1  # one more than is shown tells whether there are more
MAX_OWNER_NOTICES_READ = 500  # newest notices of the owner, of which those that were acknowledged are left out
MAX_FAILED_READ = 200  # newest messages, of which those of ended orders are left out
ENDED_ORDER = {OrderStatus.COMPLETED, OrderStatus.CANCELLED}
ENDING_TEMPLATES = {"cancelled", "expired", "goods_gone", "paid_late", "refunded"}
AWAITING_PAYMENT = {OrderPaymentStatus.UNPAID, OrderPaymentStatus.PENDING, OrderPaymentStatus.PARTLY_PAID}
NOT_BEGUN = {FulfillmentStatus.ASSIGNED, FulfillmentStatus.ACCEPTED}


def build_board(now: datetime) -> dict[str, Any]:
    """Return {"items": [{"kind", "since", "action", …}], "more": [kind]}, the most urgent kinds first.

    `more` names the kinds of which only the first MAX_PER_KIND items are listed.
    """
    kinds = (
        stranded_orders(),
        *missing_effects(),
        returned_goods(),
        refunds_owed(),
        uncollected_cash(),
        late_work(now),
        late_goods(now),
        expiring_transfers(now),
        unanswered_notices(),
        failed_messages(),
    )
    items: list[dict[str, Any]] = []
    more: list[str] = []
    for of_kind in kinds:
        listed = list(islice(of_kind, READ_PER_KIND))
        items += listed[:MAX_PER_KIND]
        more += [item["kind"] for item in listed[MAX_PER_KIND:]]
    return {"items": items, "more": more}


def stranded_orders() -> Iterator[dict[str, Any]]:
    """Orders of which no one can bring some units. They can be routed again, or these units cancelled."""
    for order_id in work.list_stranded_orders():
        order_fulfillment = work.load_fulfillment_of_order(order_id)
        order = order_fulfillment.order
        missing = unassigned_quantities(order.demand, order_fulfillment.fulfillments)
        if missing:
            yield build_item("stranded", order.placed_at, cancel_action(order, missing), **order_facts(order))


def missing_effects() -> tuple[Iterator[dict[str, Any]], Iterator[dict[str, Any]]]:
    """Return the orders that should have work by now, and the other events whose effects cannot be started."""
    unfinished = {row.pk.partition("#")[2]: row for row in sweep_store.list_unfinished(READ_PER_KIND)}
    entries = [*sweep_store.load_entries(list(unfinished.values())), *list_unexamined(READ_PER_KIND)]
    placed = {entry.pk.partition("#")[2]: entry for entry in entries if entry.kind == "OrderPlaced"}
    others = [row for row in unfinished.values() if row.kind != "OrderPlaced"]
    return orders_without_work(placed), unfinished_events(others)


def orders_without_work(placed: Mapping[str, EntryRow]) -> Iterator[dict[str, Any]]:
    for order in orders.load_orders(placed).values():
        if order.status == OrderStatus.PLACED and not work.load_fulfillment_of_order(order.id).fulfillments:
            action = build_action("POST", f"/orders/{order.id}/reroute")
            yield build_item("without_work", placed[order.id].occurred_at, action, **order_facts(order))


def unfinished_events(rows: Sequence[UnfinishedRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        subject, _, identifier = row.subject.partition("#")
        action = build_action("GET", f"/orders/{identifier}/history") if subject == "order" else None
        yield build_item("unfinished_event", row.at, action, event=row.kind, **{subject: identifier})


def returned_goods() -> Iterator[dict[str, Any]]:
    """Goods that came back, of orders that still wait. They can be sent again.

    `alternative` cancels them instead: the order, or while other parts of it are elsewhere these units only.
    """
    returned = work.list_returned_goods(READ_PER_KIND)
    orders_by_id = orders.load_orders(dict.fromkeys(fulfillment.order_id for fulfillment in returned))
    for fulfillment in returned:
        order = orders_by_id.get(fulfillment.order_id)
        if order and order.status == OrderStatus.PLACED:
            facts = order_facts(order) | {"fulfillment": fulfillment.id, "location": fulfillment.location}
            alternative = cancel_action(order, assigned_quantities([fulfillment]))
            facts |= {"reason": fulfillment.reason, "alternative": alternative}
            action = build_action("POST", f"/fulfillments/{fulfillment.id}/send-again")
            yield build_item("returned_goods", returned_at(fulfillment), action, **facts)


def returned_at(fulfillment: Fulfillment) -> datetime:
    """Return when the goods came back."""
    entries = journal.history(f"order#{fulfillment.order_id}")
    failures = (entry for entry in entries if entry.kind == "WorkFailed" and fulfillment.id in entry.body)
    return max((entry.occurred_at for entry in failures), default=fulfillment.assigned_at)


def refunds_owed() -> Iterator[dict[str, Any]]:
    """Money that came too late, or for goods cancelled since, and was not returned yet. Recording it ends the item."""
    for order, since in list_orders_with_task(REFUND_OWED):
        owed = derive_refund_owed(order, load_payments(order.payment_ids))
        action = build_action("POST", f"/orders/{order.id}/refunds", {"method": "transfer"})
        yield build_item("refund_owed", since, action, owed=owed.to_json(), **order_facts(order))


def uncollected_cash() -> Iterator[dict[str, Any]]:
    """Delivered goods whose cash was to be collected with others that were cancelled since."""
    for order, since in list_orders_with_task(CASH_DUE):
        due = cash_to_collect(load_payments(order.payment_ids), order.currency)
        action = build_action("POST", f"/orders/{order.id}/payments", {"method": "cash"})
        yield build_item("cash_due", since, action, owed=due.to_json(), **order_facts(order))


def list_orders_with_task(kind: str) -> Iterator[tuple[Order, datetime]]:
    tasks = dict(list_tasks(kind, READ_PER_KIND))
    for order in orders.load_orders(tasks).values():
        yield order, tasks[order.id]


def cancel_action(order: Order, units: dict[str, int]) -> dict[str, Any]:
    """Return the action that cancels the order, or only these units if others of it are on their way or delivered."""
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in sorted(units.items())]
    return build_action("POST", f"/orders/{order.id}/cancel", None if is_cancellable(order) else {"lines": lines})


def late_work(now: datetime) -> Iterator[dict[str, Any]]:
    """Work that was assigned too long ago and not begun. Rejecting it routes it to another location."""
    limit = now - clock.minutes(config.int_setting("LATE_WORK_MINUTES", 60))
    for location in sorted(places.load_locations()):
        for fulfillment in work.list_open_fulfillments(location, limit=READ_PER_KIND)[0]:
            if fulfillment.assigned_at <= limit and fulfillment.status in NOT_BEGUN:
                action = build_action("POST", f"/fulfillments/{fulfillment.id}/reject")
                facts = {"order": fulfillment.order_id, "fulfillment": fulfillment.id}
                facts |= {"location": location, "status": fulfillment.status}
                yield build_item("late_work", fulfillment.assigned_at, action, **facts)


def late_goods(now: datetime) -> Iterator[dict[str, Any]]:
    """Work that waits for goods whose promised day is over. `on` is that day."""
    for location in sorted(places.load_locations()):
        today = places.business_day(location, now)
        for fulfillment in islice(work.list_awaiting_fulfillments(location), READ_PER_KIND):
            bucket = fulfillment.allocations[0].shard
            if bucket < day_to_bucket(today):
                facts = {"order": fulfillment.order_id, "location": location, "on": bucket_to_day(bucket)}
                order = orders.load_order_unchecked(fulfillment.order_id)
                action = cancel_action(order, assigned_quantities([fulfillment]))
                yield build_item("late_goods", fulfillment.assigned_at, action, **facts)


def expiring_transfers(now: datetime) -> Iterator[dict[str, Any]]:
    """Orders whose transfer deadline is near."""
    limit = now + timedelta(minutes=config.int_setting("EXPIRING_MINUTES", 120))
    unpaid = orders.load_orders(islice(list_unpaid_order_ids(limit), READ_PER_KIND))
    for order in sorted(unpaid.values(), key=lambda order: order.reserved_until or order.placed_at):
        if order.reserved_until and order.payment_status in AWAITING_PAYMENT and order.payment_ids:
            action = build_action("POST", f"/payments/{order.payment_ids[0]}/confirm")
            until = clock.iso(order.reserved_until)
            yield build_item("expiring_transfer", order.placed_at, action, until=until, **order_facts(order))


def unanswered_notices() -> Iterator[dict[str, Any]]:
    """Notices that were escalated to the owner, who has not acknowledged them, and that still ask for something."""
    notices = store.load_inbox("role#owner", None, MAX_OWNER_NOTICES_READ)
    rows = [row for row in notices if row.kind == "unheard" and row.acknowledged_at is None]
    states = inbox.load_states(rows)
    for row in rows:
        facts = compact_json.loads(row.facts) if row.facts else {}
        if not inbox.is_settled(row.kind, facts, states):
            action = build_action("POST", f"/inbox/{row.sk}/ack")
            yield build_item("unheard", row.at, action, order=row.subject.partition("#")[2])


def failed_messages() -> Iterator[dict[str, Any]]:
    """Messages that failed or may have failed. They are not sent again; the order's page shows whom to call.

    Those of an order that ended since are left out, because nobody waits for them any more."""
    rows = [(row.subject.partition("#")[2], row) for row in store.load_failed(MAX_FAILED_READ)]
    orders_by_id = orders.load_orders(dict.fromkeys(order_id for order_id, _ in rows))
    awaited = (item for item in rows if is_message_awaited(item[1].template, orders_by_id.get(item[0])))
    for order_id, row in awaited:
        channel = row.pk.rpartition("#")[2]
        facts = {"order": order_id, "template": row.template, "transport": channel, "status": row.status}
        yield build_item("failed_message", row.claimed_at, build_action("GET", f"/orders/{order_id}"), **facts)


def is_message_awaited(template: str, order: Order | None) -> bool:
    """Return whether the recipient still needs to be told: the order goes on, or the message is about how it ended."""
    return order is None or order.status not in ENDED_ORDER or template in ENDING_TEMPLATES


def order_facts(order: Order) -> dict[str, Any]:
    return {"order": order.id, "channel": order.channel, "total": order.total.to_json()}


def build_action(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a request that resolves an item; `body` holds only the fields that the item decides."""
    return {"method": method, "path": path} | ({"body": body} if body else {})


def build_item(kind: str, since: datetime, action: dict[str, Any] | None, **facts: Any) -> dict[str, Any]:
    """Return an item of the board, with the order's short number beside its id."""
    if facts.get("order", "").startswith("ord_"):
        facts["number"] = ids.short_number(facts["order"])
    return {"kind": kind, "since": clock.iso(since)} | facts | {"action": action}
