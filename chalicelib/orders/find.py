"""Finding orders: one by id, with its access check, and the lists for staff."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from chalicelib.catalog.model import CHANNELS
from chalicelib.customers.find import find_reached, merged_ids
from chalicelib.kit import auth, clock, db, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotFound
from chalicelib.orders.access import reaches_order, redact_event
from chalicelib.orders.model import Order
from chalicelib.orders.store import (
    OrderRow,
    customer_list,
    day_list,
    find_order,
    order_key,
    order_sort_key,
    row_to_order,
)
from chalicelib.places import find as places

PAGE_SIZE = 100
WHOLE_LIST = ("0", "\uffff")  # every sort key


def load_order(principal: Principal, order_id: str) -> Order:
    """Return the order. Raises NotFound if it does not exist or the caller may not see it."""
    order = find_order(order_id)
    if order is None or not filter_reached(principal, [order]):
        raise NotFound()
    return order


def filter_reached(principal: Principal, orders: Sequence[Order]) -> list[Order]:
    """Return the orders that the caller reaches: a customer by their link, all others by kit/policy.py.

    It reads at most one batch: of the salesman's customers, for orders that they do not reach otherwise."""
    if principal.role in ("anyone", "customer"):
        return [order for order in orders if can_open(principal.token, order)]
    van_ids = places.list_van_ids()
    others = {order.id: order.customer_id for order in orders if not reaches_order(principal, order, van_ids)}
    customer_ids = set(others.values()) - {""}
    reached = find_reached(principal, customer_ids) if customer_ids else set()
    return [order for order in orders if order.id not in others or order.customer_id in reached]


def can_open(token: str, order: Order) -> bool:
    """Return whether the token is the order's current one and has not expired."""
    is_current = order.link_until is not None and clock.now() < order.link_until
    return bool(token) and is_current and auth.is_valid_order_token(token, order.id, order.token_version)


def load_order_unchecked(order_id: str) -> Order:
    """Return the order without an access check, for event handlers and callers that checked access. Raises NotFound."""
    order = find_order(order_id)
    if order is None:
        raise NotFound()
    return order


def load_orders(order_ids: Iterable[str]) -> dict[str, Order]:
    """Return orders by id; unknown ids are left out."""
    rows = db.batch(order_key(order_id) for order_id in order_ids)
    return {key.pk: row_to_order(row) for key, row in rows.items()}


def list_order_events(order_id: str, role: str) -> list[dict[str, Any]]:
    """Return the order's journal entries as messages, oldest first, without the fields that the role may not see."""
    return [redact_event(role, journal.row_to_message(entry)) for entry in journal.history(f"order#{order_id}")]


def customer_lists(customer_id: str) -> list[str]:
    """Return the lists with the orders of a customer and of those merged into it; an unknown customer has none."""
    ids = [customer_id]
    with suppress(NotFound):
        ids = merged_ids(customer_id)
    return [customer_list(merged_id) for merged_id in ids]


def day_lists(day: str, channel: str = "") -> list[str]:
    """Return the lists with the orders of a day: one per channel."""
    return [day_list(day, name) for name in ([channel] if channel else CHANNELS)]


def read_lists(index: str, lists: Sequence[str], limit: int, span: tuple[str, str]) -> list[Order]:
    """Return the newest orders of the lists whose sort keys lie within the span."""
    pages = [
        db.query(OrderRow, name, index=index, newest_first=True, limit=limit, between=span).items for name in lists
    ]
    rows = heapq.merge(*pages, key=lambda row: row.listed_at, reverse=True)
    return [row_to_order(row) for row in list(rows)[:limit]]


def list_all_orders_of_day(day: str, channel: str) -> list[Order]:
    """Return all orders of a day in a channel, newest first."""
    orders: list[Order] = []
    first, last = WHOLE_LIST
    while True:
        page = read_lists("by_list", day_lists(day, channel), PAGE_SIZE, (first, last))
        orders += page
        if len(page) < PAGE_SIZE:
            return orders
        last = key_below(order_sort_key(page[-1]))


def key_below(sort_key: str) -> str:
    """Return the greatest sort key below this one. Sort keys end in an order's id, so it skips and repeats no order."""
    return sort_key[:-1] + chr(ord(sort_key[-1]) - 1) + "\uffff"


def load_customer_and_language(principal: Principal, order_id: str) -> tuple[str, str]:
    """Return the id of the order's customer and the language of messages to them. Raises NotFound."""
    order = load_order(principal, order_id)
    if not order.customer_id:
        raise NotFound()
    return order.customer_id, order.contact.get("language", "id")


def load_customer_id(principal: Principal, order_id: str) -> str:
    """Return the id of the order's customer. Raises NotFound if the order has none or the caller may not see it."""
    return load_customer_and_language(principal, order_id)[0]
