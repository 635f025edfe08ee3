"""Stock on its way between two of our locations: loading a van, unloading it, filling a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.kit import clock, db, ids, journal, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.events import Event
from chalicelib.kit.requests import Asked
from chalicelib.places import find as places
from chalicelib.stock.coming import kept_for_orders
from chalicelib.stock.model import (
    Movement,
    NoSuchLocation,
    NotYourLocation,
    Piece,
    SamePlace,
    Transfer,
    TransferCancelled,
    TransferLine,
    TransferReceived,
    TransferSent,
    TransferStatus,
    arrived,
    called_off,
    receive_into,
    sent,
)
from chalicelib.stock.move import at_work, coming_to, commit, taken_from
from chalicelib.stock.store import change, change_transfer, load_transfer, open_transfer, take_hold

Quantities = Mapping[str, int]


@db.decided_anew
def send(
    principal: Principal, source: str, destination: str, quantities: Quantities, reason: str, asked: Asked | None = None
) -> dict[str, Any]:
    """The units leave the source now; until they are received they are in transit and nobody's to sell."""
    requests.look_up(asked)
    check_places(principal, source, destination)
    plan = taken_from(source, quantities)
    movements = plan.moved_by(sent)
    now = clock.now()
    lines = tuple(TransferLine(sku, quantity) for sku, quantity in quantities.items())
    transfer = Transfer(
        ids.new("trf", now), source, destination, TransferStatus.IN_TRANSIT, lines, now, principal.actor, reason
    )
    event = TransferSent(transfer.id, source, destination, reason, tuple(movements))
    transfer, told = _told(transfer, event, principal)
    answer = as_json(transfer)
    commit(
        [
            requests.remember(asked, answer),
            *map(take_hold, plan.takes),
            *change(movements),
            open_transfer(transfer),
            told,
        ]
    )
    return answer


def check_places(principal: Principal, source: str, destination: str) -> None:
    at_work(principal, source)
    there = places.locations().get(destination)
    if there is None or not there.active:
        raise NoSuchLocation(("destination", "is not one of ours"), location=destination)
    if source == destination:
        raise SamePlace(("destination", "is the source"), location=source)


@db.decided_anew
def receive(
    principal: Principal, transfer_id: str, quantities: Quantities | None = None, asked: Asked | None = None
) -> dict[str, Any]:
    """All that is outstanding, or the quantities that really came; the rest stays in transit."""
    requests.look_up(asked)
    transfer = load_transfer(transfer_id)
    may_receive(principal, transfer)
    came = transfer.outstanding if quantities is None else quantities
    after = receive_into(transfer, came)
    movements = _kept_at(transfer.destination, came)
    event = TransferReceived(transfer.id, transfer.destination, after.status, tuple(movements), transfer.reason)
    return _move_on(principal, transfer, after, event, movements, asked)


def may_receive(principal: Principal, transfer: Transfer) -> None:
    """What a van carries is confirmed by the salesman who drives it and by nobody for him."""
    there = places.locations().get(transfer.destination)
    if there is not None and there.kind == "van":
        if principal.role != "salesman" or principal.location != transfer.destination:
            raise NotYourLocation(location=transfer.destination)
    elif principal.role != "owner" and principal.location != transfer.destination:
        raise NotYourLocation(location=transfer.destination)


@db.decided_anew
def cancel(principal: Principal, transfer_id: str, reason: str) -> dict[str, Any]:
    """What has not arrived goes back to where it came from."""
    transfer = load_transfer(transfer_id)
    at_work(principal, transfer.source)
    if transfer.status == TransferStatus.CANCELLED:
        return as_json(transfer)
    after = called_off(transfer)
    movements = _arrived_at(transfer.source, transfer.outstanding)
    event = TransferCancelled(transfer.id, transfer.source, reason, tuple(movements))
    return _move_on(principal, transfer, after, event, movements)


def _kept_at(location: str, quantities: Quantities) -> list[Movement]:
    """Orders that wait for these goods come first, as with those from outside."""
    coming = coming_to(location, quantities)
    pieces = [Piece(sku, location, quantity) for sku, quantity in quantities.items()]
    return [move for piece in pieces for move in kept_for_orders(piece, coming, arrived)]


def _arrived_at(location: str, quantities: Quantities) -> list[Movement]:
    return [arrived(Piece(sku, location, quantity)) for sku, quantity in quantities.items()]


def _move_on(
    principal: Principal,
    before: Transfer,
    after: Transfer,
    event: Event,
    movements: Sequence[Movement],
    asked: Asked | None = None,
) -> dict[str, Any]:
    after, told = _told(after, event, principal)
    answer = as_json(after)
    commit([requests.remember(asked, answer), change_transfer(before, after), *change(movements), told])
    return answer


def _told(transfer: Transfer, event: Event, principal: Principal) -> tuple[Transfer, Write]:
    actor = principal.actor
    entry, head = journal.append_event(transfer.subject, event, after=transfer, actor=actor, at=clock.now())
    return replace(transfer, **vars(head)), entry


def as_json(transfer: Transfer) -> dict[str, Any]:
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
