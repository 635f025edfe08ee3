"""Cash changes hands between tills: a courier's takings into the store's drawer, or into the safe."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, db, ids, journal, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.kit.requests import Asked
from chalicelib.payments import shift_store
from chalicelib.payments.model import (
    CashHandedOver,
    EmptyDrawer,
    NoOpenShift,
    Posting,
    Shift,
    ShiftNotOpen,
    ShiftStatus,
)
from chalicelib.payments.shift import check_currency

KEEPS_THE_SAFE = frozenset({"owner", "finance"})


@db.decided_anew
def hand_over(
    principal: Principal, from_shift: str, amount: Money | None, asked: Asked | None = None
) -> dict[str, Any]:
    """Entered by whoever receives: he who answers for the money from now on is the one who says he has it.

    Without an amount, all of it. Owner and finance receive into the safe, others into their own open shift."""
    requests.look_up(asked)
    giver = load_giver(principal, from_shift)
    receiver = load_receiver(principal)
    given = what_is_given(giver, amount)
    now = clock.now()
    event = handed_over(ids.new("hov", now), giver, receiver, given)
    entry, _ = journal.append_event(f"handover#{event.handover_id}", event, actor=principal.actor, at=now)
    answer = as_json(event)
    moved = [shift_store.cash_out_of(giver, given), *received(receiver, given)]
    db.commit([requests.remember(asked, answer), *moved, entry])
    return answer


def load_giver(principal: Principal, shift_id: str) -> Shift:
    found = shift_store.load_shift(shift_id)
    if found is None or found.cashier == principal.id:
        raise NotFound()  # nobody gives to himself
    if found.status != ShiftStatus.OPEN:
        raise ShiftNotOpen(shift_id=found.id, status=found.status)
    return found


def load_receiver(principal: Principal) -> Shift | None:
    """None is the safe."""
    shift = shift_store.open_shift_of(principal.id)
    if shift is None and principal.role not in KEEPS_THE_SAFE:
        raise NoOpenShift()
    return shift


def what_is_given(giver: Shift, amount: Money | None) -> Money:
    if amount is not None:
        check_currency("amount", amount)
        return amount
    if not giver.expected:
        raise EmptyDrawer(shift_id=giver.id)
    return giver.expected


def received(receiver: Shift | None, amount: Money) -> list[Write]:
    return [shift_store.cash_into(receiver, amount)] if receiver else []


def handed_over(handover_id: str, giver: Shift, receiver: Shift | None, amount: Money) -> CashHandedOver:
    into = f"till:{receiver.till}" if receiver else "safe"
    return CashHandedOver(
        handover_id=handover_id,
        from_shift=giver.id,
        from_till=giver.till,
        to_shift=receiver.id if receiver else "",
        to_till=receiver.till if receiver else "",
        amount_minor=amount.minor,
        currency=amount.currency,
        postings=(Posting(into, amount.minor), Posting(f"till:{giver.till}", -amount.minor)),
    )


def as_json(event: CashHandedOver) -> dict[str, Any]:
    return {
        "id": event.handover_id,
        "from_shift": event.from_shift,
        "from_till": event.from_till,
        "to_shift": event.to_shift or None,
        "to_till": event.to_till or "safe",
        "amount": Money(event.amount_minor, event.currency).as_json(),
    }
