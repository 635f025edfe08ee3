"""Send, receive and cancel transfers between two locations: loading a van, unloading it, replenishing a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.kit import clock, db, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.events import Event
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.places import find as places
from chalicelib.places.model import NoSuchLocation
from chalicelib.stock.inbound import receive_for_waiting_orders
from chalicelib.stock.model import (
    Allocation,
    Movement,
    NotYourLocation,
    SamePlace,
    Transfer,
    TransferCancelled,
    TransferLine,
    TransferReceived,
    TransferSent,
    TransferStatus,
    cancel_transfer,
    receive_transfer_lines,
    transfer_in_movement,
    transfer_out_movement,
)
from chalicelib.stock.shared_steps import (
    Quantities,
    commit_within_limit,
    load_inbound_at,
    plan_removal,
    require_location_access,
)
from chalicelib.stock.store import build_level_writes, create_transfer, load_transfer, take_lapsed_hold, update_transfer


@db.retry_on_conflict
def send(
    principal: Principal,
    source: str,
    destination: str,
    quantities: Quantities,
    reason: str,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Take the units, by SKU, from the source. They are in transit and cannot be sold until they are received."""
    idempotency.check_repeat(idempotency_key)
    check_locations(principal, source, destination)
    plan = plan_removal(source, quantities)
    movements = plan.to_movements(transfer_out_movement)
    now = clock.now()
    lines = tuple(TransferLine(sku, quantity) for sku, quantity in quantities.items())
    transfer = Transfer(
        ids.new("trf", now), source, destination, TransferStatus.IN_TRANSIT, lines, now, principal.actor, reason
    )
    event = TransferSent(transfer.id, source, destination, reason, tuple(movements))
    transfer, entry = _record_transfer_event(transfer, event, principal)
    answer = transfer_to_json(transfer)
    commit_within_limit(
        [
            idempotency.record_answer(idempotency_key, answer),
            *map(take_lapsed_hold, plan.taken_holds),
            *build_level_writes(movements),
            create_transfer(transfer),
            entry,
        ]
    )
    return answer


def check_locations(principal: Principal, source: str, destination: str) -> None:
    """Raise NoSuchLocation, NotYourLocation or SamePlace if the principal may not send this transfer."""
    require_location_access(principal, source)
    location = places.load_locations().get(destination)
    if location is None or not location.active:
        raise NoSuchLocation(("destination", "does not exist or is closed"), location=destination)
    if source == destination:
        raise SamePlace(("destination", "is the same as source"), location=source)


@db.retry_on_conflict
def receive(
    principal: Principal,
    transfer_id: str,
    quantities: Quantities | None = None,
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    """Receive the given quantities by SKU, or everything outstanding; the rest stays in transit."""
    idempotency.check_repeat(idempotency_key)
    transfer = load_transfer(transfer_id)
    require_receiver(principal, transfer)
    arrived = transfer.outstanding if quantities is None else quantities
    after = receive_transfer_lines(transfer, arrived)
    movements = _receive_for_waiting_orders(transfer.destination, arrived)
    event = TransferReceived(transfer.id, transfer.destination, after.status, tuple(movements), transfer.reason)
    return _commit_transition(principal, transfer, after, event, movements, idempotency_key)


def require_receiver(principal: Principal, transfer: Transfer) -> None:
    """Raise NotYourLocation unless the principal may receive: for a van only its salesman, not even the owner."""
    location = places.load_locations().get(transfer.destination)
    if location is not None and location.kind == "van":
        if principal.role != "salesman" or principal.location != transfer.destination:
            raise NotYourLocation(location=transfer.destination)
    elif principal.role != "owner" and principal.location != transfer.destination:
        raise NotYourLocation(location=transfer.destination)


@db.retry_on_conflict
def cancel(principal: Principal, transfer_id: str, reason: str) -> dict[str, Any]:
    """Return the outstanding units to the source. Cancelling twice changes nothing."""
    transfer = load_transfer(transfer_id)
    require_location_access(principal, transfer.source)
    if transfer.status == TransferStatus.CANCELLED:
        return transfer_to_json(transfer)
    after = cancel_transfer(transfer)
    movements = _transfer_in_movements(transfer.source, transfer.outstanding)
    event = TransferCancelled(transfer.id, transfer.source, reason, tuple(movements))
    return _commit_transition(principal, transfer, after, event, movements)


def _receive_for_waiting_orders(location: str, quantities: Quantities) -> list[Movement]:
    """Return the movements of the arrived units: first to the orders waiting for them, then to general stock."""
    inbound = load_inbound_at(location, quantities)
    return [
        movement
        for sku, quantity in quantities.items()
        for movement in receive_for_waiting_orders(Allocation(sku, location, quantity), inbound, transfer_in_movement)
    ]


def _transfer_in_movements(location: str, quantities: Quantities) -> list[Movement]:
    return [transfer_in_movement(Allocation(sku, location, quantity)) for sku, quantity in quantities.items()]


def _commit_transition(
    principal: Principal,
    before: Transfer,
    after: Transfer,
    event: Event,
    movements: Sequence[Movement],
    idempotency_key: IdempotencyKey | None = None,
) -> dict[str, Any]:
    after, entry = _record_transfer_event(after, event, principal)
    answer = transfer_to_json(after)
    answer_write = idempotency.record_answer(idempotency_key, answer)
    commit_within_limit([answer_write, update_transfer(before, after), *build_level_writes(movements), entry])
    return answer


def _record_transfer_event(transfer: Transfer, event: Event, principal: Principal) -> tuple[Transfer, Write]:
    actor = principal.actor
    entry, head = journal.append_event(transfer.subject, event, after=transfer, actor=actor, at=clock.now())
    return replace(transfer, **vars(head)), entry


def transfer_to_json(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "source": transfer.source,
        "destination": transfer.destination,
        "status": transfer.status,
        "lines": [{"sku": line.sku, "sent": line.sent, "received": line.received} for line in transfer.lines],
        "sent_at": clock.iso(transfer.sent_at),
        "sent_by": transfer.sent_by,
        "reason": transfer.reason,
    }
