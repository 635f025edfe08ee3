"""The index by which staff find orders: by number, phone, and the words of the customer's name and the reference.

An order has one row per term, `find#<kind>#<value>`, sorted by when it was placed. A projection writes them after the
order, whose own transaction may need all writes that DynamoDB allows, so an order is found shortly after it was placed.
All terms are derived from the order, so that they can be deleted with its personal data.
"""

from __future__ import annotations

import re

from chalicelib.kit import db, ids
from chalicelib.kit.db import Row
from chalicelib.kit.phone_numbers import normalize_phone
from chalicelib.kit.search_text import PREFIX_LENGTH, list_words
from chalicelib.orders.model import Order
from chalicelib.orders.store import OrderRow, find_order, order_sort_key

MAX_TERMS = 10  # per order; a name of more words is found by its first ones


class SearchRow(Row):
    """One term of an order; the sort key ends in the order's id."""

    Meta = OrderRow.Meta


def index_order(order_id: str) -> None:
    """Write the terms of an order. A repeat writes the same rows."""
    order = find_order(order_id)
    if order is not None:
        db.commit([db.put(SearchRow(f"find#{term}", order_sort_key(order))) for term in list_terms(order)])


def list_terms(order: Order) -> list[str]:
    """Return the terms under which the order is listed."""
    terms = [number_term(order.number)]
    if phone := normalize_phone(order.contact.get("phone", "")):
        terms.append(phone_term(phone))
    terms += [word_term(word) for word in list_order_words(order)]
    return list(dict.fromkeys(terms))[:MAX_TERMS]


def list_order_words(order: Order) -> list[str]:
    """Return the words by which the order can be found: of the customer's name and of the reference."""
    return list_words(f"{order.contact.get('name', '')} {order.ref}")


def number_term(number: str) -> str:
    return f"number#{normalize_number(number)}"


def phone_term(phone: str) -> str:
    return f"phone#{phone}"


def word_term(word: str) -> str:
    return f"word#{word[:PREFIX_LENGTH]}"


def normalize_number(text: str) -> str | None:
    """Return an order number without dashes, `SK94STZPL`, from any way to write it; None if it is not one."""
    letters = re.sub(r"[\s‐-―-]", "", text).upper().removeprefix("SK")
    is_number = len(letters) == ids.NUMBER_LENGTH and set(letters) <= set(ids.ALPHABET)
    return f"SK{letters}" if is_number and ids.check_character(letters[:-1]) == letters[-1] else None


def list_order_ids(term: str, limit: int, span: tuple[str, str]) -> list[str]:
    """Return the ids of the newest orders of a term whose sort keys lie within the span."""
    page = db.query(SearchRow, f"find#{term}", newest_first=True, limit=limit, between=span)
    return [row.sk.rpartition("#")[2] for row in page.items]
