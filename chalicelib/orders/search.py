"""The list of orders for staff: one index supplies the orders newest first, all other filters are applied to them.

A page is read until it is full or the list ends. It costs one query and one batch per hundred orders read; a search
that finds nothing among the first MAX_ORDERS_READ orders is refused, so that no page is empty and yet has a next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Invalid
from chalicelib.kit.phone_numbers import INVALID_PHONE, is_plausible_phone, normalize_phone
from chalicelib.kit.policy import Relation
from chalicelib.kit.search_text import choose_prefix, has_prefixes, list_words
from chalicelib.orders import find, search_index
from chalicelib.orders.model import Order, SearchTooBroad
from chalicelib.orders.store import order_day, order_sort_key

READ_SIZE = 100
MAX_ORDERS_READ = 3_000
Span = tuple[str, str]  # first and last sort key
Source = Callable[[int, Span], list[Order]]


@dataclass(frozen=True)
class OrderFilter:
    """The values that the orders of a list have in common; an empty field matches every order.

    `location` is that of the sale or of the pickup.

    `number`, `phone`, `words` and `customer` each name an index list of orders; without them the list is that of `day`.
    """

    day: date | None = None
    channel: str = ""
    location: str = ""
    customer: str = ""
    status: str = ""
    payment_status: str = ""
    fulfillment_status: str = ""
    number: str = ""
    phone: str = ""
    words: tuple[str, ...] = ()
    contradicts_itself: bool = False  # `q` and another field name two numbers or two phones

    @property
    def has_index_list(self) -> bool:
        return bool(self.number or self.phone or self.words or self.customer)

    @property
    def needs_no_filtering(self) -> bool:
        """Whether every order of the index list matches."""
        filters = (self.location, self.status, self.payment_status, self.fulfillment_status)
        return not any(filters) and (not self.has_index_list or self == OrderFilter(customer=self.customer))


def read_search(q: str) -> dict[str, str | tuple[str, ...]]:
    """Return the field of OrderFilter that a search text means: a number, a phone, or words of name and reference."""
    if number := search_index.normalize_number(q):
        return {"number": number}
    if is_plausible_phone(q) and (phone := normalize_phone(q)):
        return {"phone": phone}
    words = list_words(q)
    if not words:
        raise Invalid(("q", "write an order number, a phone number, a name or a reference"))
    return {"words": tuple(words)}


def read_number(text: str) -> str:
    """Return the number without dashes. Raises Invalid."""
    number = search_index.normalize_number(text)
    if number is None:
        raise Invalid(("number", "is not an order number such as SK-94STZP-L; check each character"))
    return number


def read_phone(text: str) -> str:
    """Return the number in E.164 format. Raises Invalid."""
    phone = normalize_phone(text)
    if phone is None:
        raise Invalid(("phone", INVALID_PHONE))
    return phone


def list_orders(
    principal: Principal, wanted: OrderFilter, limit: int, before: str | None
) -> tuple[list[Order], str | None]:
    """Return a page of the matching orders that the caller may see, and the `before` of the next page or None.

    Raises SearchTooBroad.
    """
    if wanted.contradicts_itself:
        return [], None
    source = choose_source(wanted)
    first, last = day_span(wanted.day) if wanted.has_index_list else find.WHOLE_LIST
    needs_no_filtering = wanted.needs_no_filtering and Relation.ALL in principal.relations
    size = limit + 1 if needs_no_filtering else READ_SIZE
    orders: list[Order] = []
    read = 0
    while True:
        last = min(last, find.key_below(before)) if before else last
        page = source(size, (first, last))
        orders += find.filter_reached(principal, [order for order in page if is_match(order, wanted)])
        read += len(page)
        if len(orders) > limit:
            return orders[:limit], order_sort_key(orders[limit - 1])
        if len(page) < size:
            return orders, None
        before = order_sort_key(page[-1])
        if read >= MAX_ORDERS_READ:
            if not orders:
                raise SearchTooBroad(read=read)
            return orders, before


def choose_source(wanted: OrderFilter) -> Source:
    """Return the function that reads a page of the narrowest list that has all matching orders."""
    if wanted.customer:
        customer_lists = find.customer_lists(wanted.customer)
        return lambda limit, span: find.read_lists("by_owner", customer_lists, limit, span)
    if wanted.number:
        return _search_source(search_index.number_term(wanted.number))
    if wanted.phone:
        return _search_source(search_index.phone_term(wanted.phone))
    if wanted.words:
        return _search_source(search_index.word_term(choose_prefix(list(wanted.words))))
    lists = find.day_lists(str(wanted.day), wanted.channel)
    return lambda limit, span: find.read_lists("by_list", lists, limit, span)


def _search_source(term: str) -> Source:
    def read(limit: int, span: Span) -> list[Order]:
        order_ids = search_index.list_order_ids(term, limit, span)
        orders = find.load_orders(order_ids)
        return [orders[order_id] for order_id in order_ids if order_id in orders]

    return read


def is_match(order: Order, wanted: OrderFilter) -> bool:
    """Return whether the order has every value of the filter. Pure."""
    if wanted.day and order_day(order) != wanted.day:
        return False
    if wanted.number and search_index.normalize_number(order.number) != wanted.number:
        return False
    if wanted.phone and normalize_phone(order.contact.get("phone", "")) != wanted.phone:
        return False
    if wanted.words and not has_prefixes(search_index.list_order_words(order), list(wanted.words)):
        return False
    if wanted.location and wanted.location not in (order.location, pickup_location(order)):
        return False
    names = ("channel", "status", "payment_status", "fulfillment_status")
    return all(getattr(wanted, name) in ("", getattr(order, name)) for name in names)


def pickup_location(order: Order) -> str | None:
    """Return where the customer collects the goods, or None for other delivery methods."""
    return order.delivery.location if order.delivery.method == "pickup" else None


def day_span(day: date | None) -> Span:
    """Return sort keys that enclose the orders of the day in any time zone."""
    if day is None:
        return find.WHOLE_LIST
    first, last = max(day.toordinal() - 1, 1), min(day.toordinal() + 2, date.max.toordinal())
    return date.fromordinal(first).isoformat(), date.fromordinal(last).isoformat()
