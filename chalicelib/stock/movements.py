"""Receive goods, adjust quantities and put units on display: each call is one journal entry with its reason."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import StaleVersion
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.stock.inbound import receive_for_waiting_orders, reduce_expected
from chalicelib.stock.model import (
    Allocation,
    Movement,
    NotPromised,
    OutOfStock,
    StockAdjusted,
    StockReceived,
    display_movement,
    display_return_movement,
    shortage_movement,
    surplus_movement,
    take_from_display,
)
from chalicelib.stock.shared_steps import (
    Quantities,
    group_by_sku,
    load_inbound_at,
    plan_removal,
    record_stock_event,
    require_known_skus,
    require_location_access,
)
from chalicelib.stock.store import build_level_writes, load_levels, take_lapsed_hold


@db.retry_on_conflict
def receive(
    principal: Principal,
    location: str,
    quantities: Quantities,
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Add units that come from outside the company; goods between its locations are transfers.

    Units that orders wait for are reserved for them in the same commit.
    """
    idempotency.check_repeat(idempotency_key)
    require_location_access(principal, location)
    require_known_skus(quantities)
    arrived = [Allocation(sku, location, quantity) for sku, quantity in quantities.items()]
    inbound = load_inbound_at(location, quantities)
    movements = [movement for units in arrived for movement in receive_for_waiting_orders(units, inbound)]
    movements += [movement for units in arrived for movement in reduce_expected(units, inbound)]
    event = StockReceived(location, reason, tuple(movements))
    try:
        return record_stock_event(principal, event, build_level_writes(movements), idempotency_key)
    except (OutOfStock, NotPromised) as changed_meanwhile:
        raise StaleVersion() from changed_meanwhile


@db.retry_on_conflict
def adjust(
    principal: Principal,
    location: str,
    quantities: Quantities,
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Add or subtract units by SKU; quantities are signed. Promised units cannot be subtracted: raises OutOfStock."""
    idempotency.check_repeat(idempotency_key)
    require_location_access(principal, location)
    require_known_skus(sku for sku, quantity in quantities.items() if quantity > 0)
    added = {sku: quantity for sku, quantity in quantities.items() if quantity > 0}
    plan = plan_removal(location, {sku: -quantity for sku, quantity in quantities.items() if quantity < 0})
    movements = [
        surplus_movement(Allocation(sku, location, quantity)) for sku, quantity in added.items()
    ] + plan.to_movements(shortage_movement)
    event = StockAdjusted(location, reason, tuple(movements))
    return record_stock_event(
        principal, event, [*map(take_lapsed_hold, plan.taken_holds), *build_level_writes(movements)], idempotency_key
    )


@db.retry_on_conflict
def display(
    principal: Principal,
    location: str,
    quantities: Quantities,
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Put units on display, or with a negative quantity take them back to be sold."""
    idempotency.check_repeat(idempotency_key)
    require_location_access(principal, location)
    plan = plan_removal(location, {sku: quantity for sku, quantity in quantities.items() if quantity > 0})
    movements = plan.to_movements(display_movement) + _build_display_returns(location, quantities)
    event = StockAdjusted(location, reason, tuple(movements))
    return record_stock_event(
        principal, event, [*map(take_lapsed_hold, plan.taken_holds), *build_level_writes(movements)], idempotency_key
    )


def _build_display_returns(location: str, quantities: Quantities) -> list[Movement]:
    returned = {sku: -quantity for sku, quantity in quantities.items() if quantity < 0}
    shards = group_by_sku(location, returned, load_levels((sku, location) for sku in returned))
    return [
        display_return_movement(allocation)
        for sku, quantity in returned.items()
        for allocation in take_from_display(shards[sku], quantity)
    ]
