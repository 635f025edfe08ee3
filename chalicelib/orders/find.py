"""Finding orders: one gate for everyone who asks for one, and the lists for staff."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any

from chalicelib.catalog.model import CHANNELS
from chalicelib.kit import auth, clock, db, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.orders.model import Order
from chalicelib.orders.store import OrderRow, customer_list, day_list, find_order, order_key, row_to_order

PAGE_SIZE = 50


def load_order(principal: Principal, order_id: str) -> Order:
    """The gate: staff see every order, a channel key its own, a customer the one his token opens. Else NotFound,
    the same for an order that is not there and one that is not his."""
    found = find_order(order_id)
    if found is None or not can_see(principal, found):
        raise NotFound()
    return found


def can_see(principal: Principal, order: Order) -> bool:
    if principal.is_staff:
        return True
    if principal.role == "channel":
        return order.actor == principal.id
    return can_open(principal.token, order)


def can_open(token: str, order: Order) -> bool:
    """Until it ends or another takes its place; then the customer asks for a new one."""
    lasts = order.link_until is not None and clock.now() < order.link_until
    return bool(token) and lasts and auth.is_valid_order_token(token, order.id, order.token_version)


def load_order_unchecked(order_id: str) -> Order:
    """Without the gate: for verbs and listeners that were let in elsewhere."""
    found = find_order(order_id)
    if found is None:
        raise NotFound()
    return found


def load_orders(order_ids: Iterable[str]) -> dict[str, Order]:
    found = db.batch(order_key(each) for each in order_ids)
    return {key.pk: row_to_order(row) for key, row in found.items()}


def list_order_events(order_id: str) -> list[dict[str, Any]]:
    return [journal.row_to_message(entry) for entry in journal.history(f"order#{order_id}")]


def list_orders_of_customer(customer_id: str, limit: int = PAGE_SIZE, after: Any = None) -> tuple[list[Order], Any]:
    page = db.query(OrderRow, customer_list(customer_id), index="by_owner", newest_first=True, limit=limit, after=after)
    return [row_to_order(row) for row in page.items], page.after


def list_orders_of_day(
    day: str, channel: str = "", limit: int = PAGE_SIZE, before: str | None = None
) -> tuple[list[Order], str | None]:
    """Newest first. `before` is where the last page ended; a day is kept in one list per channel and merged here."""
    pages = [_day_page(day, each, limit, before) for each in ([channel] if channel else CHANNELS)]
    rows = list(heapq.merge(*pages, key=lambda row: row.listed_at, reverse=True))[:limit]
    more = rows[-1].listed_at if len(rows) == limit else None
    return [row_to_order(row) for row in rows], more


def _day_page(day: str, channel: str, limit: int, before: str | None) -> list[Any]:
    # One millisecond's orders end in their ids, so "just below the last one shown" never skips or repeats.
    upper = before[:-1] + chr(ord(before[-1]) - 1) + "\uffff" if before else "\uffff"
    options = {"index": "by_list", "newest_first": True, "limit": limit, "between": ("0", upper)}
    return db.query(OrderRow, day_list(day, channel), **options).items


def load_customer_id(principal: Principal, order_id: str) -> str:
    """Whose order a token opens, for doors about him; NotFound for a walk-in who left no trace."""
    customer_id = load_order(principal, order_id).customer_id
    if not customer_id:
        raise NotFound()
    return customer_id
