"""The table of orders: one row each, with lines and allocations as compact JSON, listed by day and by customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import clock, compact_json, db, journal
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.events import Event
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money
from chalicelib.kit.row_attributes import InstantAttribute, StateAttribute
from chalicelib.orders.model import Delivery, Order, OrderFulfillmentStatus, OrderLine, OrderStatus
from chalicelib.payments.model import OrderPaymentStatus
from chalicelib.places.find import business_day
from chalicelib.stock.model import Allocation

PAGE_SIZE = 100


class OrderRow(IndexedRow):
    """An order. `list` is `day#<business day of its location>#<channel>`; `owner` is `customer#<id>`."""

    Meta = db.table("orders")

    number = UnicodeAttribute()
    channel = UnicodeAttribute()
    placed_at = InstantAttribute()
    status = StateAttribute()
    payment_status = StateAttribute()
    fulfillment_status = StateAttribute()
    body = UnicodeAttribute()  # lines, which only cancelling units changes, and everything that never changes
    allocations = UnicodeAttribute(null=True, attr_name="pieces")
    payment_ids = UnicodeAttribute(null=True)
    reserved_until = InstantAttribute(null=True)
    total_minor = NumberAttribute()
    currency = UnicodeAttribute()
    customer_id = UnicodeAttribute(null=True)
    contact = UnicodeAttribute(null=True)  # personal data, apart from `body` so that it can be erased on request
    reason = UnicodeAttribute(null=True)
    carrier_name = UnicodeAttribute(null=True, attr_name="bringer")
    token_version = NumberAttribute(default=1)
    link_until = InstantAttribute(null=True)
    network_id = UnicodeAttribute(null=True, attr_name="caller")
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


class UnpaidOrderRow(Row):
    """An order that awaits payment, listed by the end of its hold. Deleted once the order is paid or cancelled."""

    Meta = db.table("orders")

    list = UnicodeAttribute()
    listed_at = UnicodeAttribute()


REFUND_OWED, CASH_DUE = "refund_owed", "cash_due"


class OrderTaskRow(Row):
    """What staff still have to do about an order's money: the sort key is REFUND_OWED or CASH_DUE."""

    Meta = db.table("orders")

    list = UnicodeAttribute()
    listed_at = UnicodeAttribute()


def order_key(order_id: str) -> Key:
    return Key(OrderRow, order_id, "order")


def find_order(order_id: str) -> Order | None:
    row = db.get(OrderRow, order_id, "order")
    return row_to_order(row) if row else None


def order_day(order: Order) -> date:
    """Return the day in whose list the order is."""
    return business_day(order.location, order.placed_at)


def order_sort_key(order: Order) -> str:
    """Return the key by which lists sort the order: when it was placed, then its id."""
    return f"{clock.iso(order.placed_at)}#{order.id}"


def day_list(day: str, channel: str) -> str:
    return f"day#{day}#{channel}"


def customer_list(customer_id: str) -> str:
    return f"customer#{customer_id}"


def put_order(order: Order) -> Write:
    return db.create(_order_to_row(order))


def change_order(before: Order, **changes: Any) -> Write:
    """Return the write that changes these attributes, if the order still has the version that was read.

    Pass the new journal head as `head=`, or as `version=` and `journal_hash=`."""
    head: Head | None = changes.pop("head", None)
    if head:
        changes |= vars(head)
    if in_body := {name: changes.pop(name) for name in ("lines", "coupons", "coupon_uses") if name in changes}:
        changes["body"] = compact_json.dumps(_order_to_body(replace(before, **in_body)))
    if "total" in changes:
        changes["total_minor"] = changes.pop("total").minor
    actions = []
    for name, value in changes.items():
        attribute, stored = getattr(OrderRow, name), _to_stored(name, value)
        actions.append(attribute.remove() if stored is None else attribute.set(stored))
    row = OrderRow(before.id, "order")
    return db.update(row, *actions, when=OrderRow.version == before.version)


def append_event(order: Order, event: Event, *, actor: str, at: datetime) -> tuple[Write, Head]:
    """Return the order's next journal entry and the new head. Payments and fulfillment use the same subject."""
    return journal.append_event(order.subject, event, after=order, actor=actor, at=at, channel=order.channel)


def apply_changes(before: Order, head: Head, **changes: Any) -> Order:
    """Return the order as it is after `change_order` with the same changes."""
    return replace(before, **vars(head), **changes)


def add_to_unpaid_list(order: Order) -> list[Write]:
    return [db.create(_build_unpaid_row(order))] if order.on_hold else []


def remove_from_unpaid_list(order: Order) -> Write:
    return db.delete(_build_unpaid_row(order))


def open_task(order_id: str, kind: str, at: datetime) -> Write:
    return db.put(OrderTaskRow(order_id, kind, list=kind, listed_at=f"{clock.iso(at)}#{order_id}"))


def close_task(order_id: str, kind: str) -> Write:
    return db.delete(OrderTaskRow(order_id, kind))


def has_task(order_id: str, kind: str) -> bool:
    return db.get(OrderTaskRow, order_id, kind) is not None


def list_tasks(kind: str, limit: int) -> list[tuple[str, datetime]]:
    """Return (order id, since when) of the orders with an open task of this kind, oldest first."""
    page = db.query(OrderTaskRow, kind, index="by_list", limit=limit)
    return [(row.pk, clock.parse(row.listed_at.partition("#")[0])) for row in page.items]


def list_unpaid_order_ids(now: datetime) -> Iterator[str]:
    """Yield ids of unpaid orders whose hold ended by `now`, oldest first. The index lags, so read each order again.

    Reads every page: orders that stay in the list because their proof awaits a check must not block later ones."""
    options = {"index": "by_list", "between": ("0", clock.iso(now) + "~"), "limit": PAGE_SIZE}
    page = db.query(UnpaidOrderRow, "waiting", **options)
    yield from (row.pk for row in page.items)
    while page.after:
        page = db.query(UnpaidOrderRow, "waiting", **options, after=page.after)
        yield from (row.pk for row in page.items)


def _build_unpaid_row(order: Order) -> UnpaidOrderRow:
    until = clock.iso(order.reserved_until) if order.reserved_until else ""
    return UnpaidOrderRow(order.id, "waiting", list="waiting", listed_at=f"{until}#{order.id}")


def _to_stored(name: str, value: Any) -> Any:
    if name == "allocations":
        return compact_json.dumps([_allocation_to_stored(allocation) for allocation in value]) if value else None
    if name == "contact":
        return compact_json.dumps(value) if value else None
    if name == "payment_ids":
        return ",".join(value) or None
    return None if value == "" else value


def _order_to_row(order: Order) -> OrderRow:
    return OrderRow(
        order.id,
        "order",
        number=order.number,
        channel=order.channel,
        placed_at=order.placed_at,
        status=order.status,
        payment_status=order.payment_status,
        fulfillment_status=order.fulfillment_status,
        body=compact_json.dumps(_order_to_body(order)),
        allocations=_to_stored("allocations", order.allocations),
        payment_ids=_to_stored("payment_ids", order.payment_ids),
        reserved_until=order.reserved_until,
        total_minor=order.total.minor,
        currency=order.currency,
        customer_id=order.customer_id or None,
        contact=_to_stored("contact", order.contact),
        reason=order.reason or None,
        token_version=order.token_version,
        link_until=order.link_until,
        network_id=order.network_id or None,
        version=order.version,
        journal_hash=order.journal_hash,
        list=day_list(order_day(order).isoformat(), order.channel),
        owner=customer_list(order.customer_id) if order.customer_id else None,
        listed_at=order_sort_key(order),
    )


def _order_to_body(order: Order) -> dict[str, Any]:
    delivery = order.delivery
    body = {
        "lines": [line_to_stored(line) for line in order.lines],
        "delivery": [delivery.method, delivery.location, delivery.address, delivery.point],
        "freight": order.freight.minor,
        "actor": order.actor,
        "location": order.location,
        "placement": order.placement,
        "coupons": list(order.coupons),
        "coupon_uses": dict(order.coupon_uses),
        "note": order.note,
        "ref": order.ref,
        "historical": order.historical,
    }
    return {name: value for name, value in body.items() if value}


def line_to_stored(line: OrderLine) -> list[Any]:
    cost = line.cost.minor if line.cost is not None else None
    numbers = [line.quantity, line.unit_price.minor, line.total.minor, line.tax.minor, cost]
    rest = [list(line.adjustments), line.later] if line.later else [list(line.adjustments)] if line.adjustments else []
    return [line.sku, line.name, *numbers, *rest]


def _allocation_to_stored(allocation: Allocation) -> list[Any]:
    shard = [allocation.shard] if allocation.shard else []
    return [allocation.sku, allocation.location, allocation.quantity, *shard]


def row_to_order(row: Any) -> Order:
    currency = row.currency
    body = compact_json.loads(row.body)
    return Order(
        id=row.pk,
        number=row.number,
        channel=row.channel,
        placed_at=row.placed_at,
        status=OrderStatus(row.status),
        payment_status=OrderPaymentStatus(row.payment_status),
        fulfillment_status=OrderFulfillmentStatus(row.fulfillment_status),
        lines=tuple(stored_to_line(stored, currency) for stored in body["lines"]),
        delivery=Delivery(*body["delivery"]),
        total=Money(int(row.total_minor), currency),
        freight=Money(body.get("freight", 0), currency),
        actor=body.get("actor", ""),
        contact=compact_json.loads(row.contact) if row.contact else {},
        customer_id=row.customer_id or "",
        location=body.get("location", ""),
        placement=body.get("placement", ""),
        allocations=tuple(Allocation(*stored) for stored in compact_json.loads(row.allocations or "[]")),
        payment_ids=tuple(row.payment_ids.split(",")) if row.payment_ids else (),
        reserved_until=row.reserved_until,
        coupons=tuple(body.get("coupons", ())),
        coupon_uses=body.get("coupon_uses", {}),
        note=body.get("note", ""),
        ref=body.get("ref", ""),
        reason=row.reason or "",
        carrier_name=row.carrier_name or "",
        token_version=int(row.token_version),
        link_until=row.link_until,
        network_id=row.network_id or "",
        historical=body.get("historical", False),
        version=int(row.version),
        journal_hash=row.journal_hash,
    )


def stored_to_line(stored: list[Any], currency: str) -> OrderLine:
    sku, name, quantity, unit_price, line_total, tax, cost, *rest = stored
    return OrderLine(
        sku=sku,
        name=name,
        quantity=quantity,
        unit_price=Money(unit_price, currency),
        total=Money(line_total, currency),
        tax=Money(tax, currency),
        cost=Money(cost, currency) if cost is not None else None,
        adjustments=tuple(rest[0]) if rest else (),
        later=tuple((units, day) for units, day in rest[1]) if rest[1:] else (),
    )
