"""Which orders and drafts a caller reaches: the relations of kit/policy.py, decided on the order. Pure."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import policy
from chalicelib.kit.auth import Principal
from chalicelib.kit.policy import Relation
from chalicelib.orders.model import Order, OrderStatus

COST_FIELDS = frozenset({"cost_minor"})
DEBT_FIELDS = frozenset({"postings", "credit_minor"})


def reaches_order(principal: Principal, order: Order, van_ids: frozenset[str]) -> bool:
    """Return whether the caller reaches the order by what the order itself says. `van_ids` are all vans.

    `find.filter_reached` adds the holders of an order's token and the orders of a salesman's customers."""
    relations = principal.relations
    if Relation.ALL in relations or (Relation.OWN in relations and order.actor == principal.id):
        return True
    if Relation.CHANNELS in relations and order.channel in policy.CHANNELS_OF_ROLE.get(principal.role, ()):
        return True
    return Relation.LOCATION in relations and is_at_location(principal, order, van_ids)


def is_at_location(principal: Principal, order: Order, van_ids: frozenset[str]) -> bool:
    """Return whether the order was sold at the caller's location, is collected there or is served from there.

    A courier without a location delivers the open orders of every warehouse and store."""
    places = {order.location, order.delivery.location or "", *(units.location for units in order.allocations)} - {""}
    if principal.location:
        return principal.location in places
    is_open_parcel = order.status == OrderStatus.PLACED and order.delivery.method == "ship"
    return principal.role == "courier" and is_open_parcel and bool(places - van_ids)


def redact_event(role: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return a journal message without the fields that the role may not see: cost prices and debts."""
    hidden = frozenset() if policy.is_allowed(role, "see cost prices") else COST_FIELDS
    hidden |= frozenset() if policy.is_allowed(role, "see debts") else DEBT_FIELDS
    return message | {"body": _without(message["body"], hidden)}


def _without(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(item, hidden) for name, item in value.items() if name not in hidden}
    return [_without(item, hidden) for item in value] if isinstance(value, list) else value
