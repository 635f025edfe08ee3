"""Cash changes hands between tills: a courier's takings into the store's drawer, or into the safe."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, db, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
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

SAFE_ACCESS_ROLES = frozenset({"owner", "finance"})


@db.retry_on_conflict
def hand_over(
    principal: Principal, from_shift: str, amount: Money | None, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Entered by whoever receives: he who answers for the money from now on is the one who says he has it.

    Without an amount, all of it. Owner and finance receive into the safe, others into their own open shift."""
    idempotency.check_repeat(asked)
    giver = load_giver(principal, from_shift)
    receiver = load_receiver(principal)
    given = resolve_handover_amount(giver, amount)
    now = clock.now()
    event = build_handover_event(ids.new("hov", now), giver, receiver, given)
    entry, _ = journal.append_event(f"handover#{event.handover_id}", event, actor=principal.actor, at=now)
    answer = handover_to_json(event)
    moved = [shift_store.remove_cash(giver, given), *add_cash_to_receiver(receiver, given)]
    db.commit([idempotency.record_answer(asked, answer), *moved, entry])
    return answer


def load_giver(principal: Principal, shift_id: str) -> Shift:
    found = shift_store.find_shift(shift_id)
    if found is None or found.cashier == principal.id:
        raise NotFound()  # nobody gives to himself
    if found.status != ShiftStatus.OPEN:
        raise ShiftNotOpen(shift_id=found.id, status=found.status)
    return found


def load_receiver(principal: Principal) -> Shift | None:
    """None is the safe."""
    shift = shift_store.find_open_shift(principal.id)
    if shift is None and principal.role not in SAFE_ACCESS_ROLES:
        raise NoOpenShift()
    return shift


def resolve_handover_amount(giver: Shift, amount: Money | None) -> Money:
    if amount is not None:
        check_currency("amount", amount)
        return amount
    if not giver.expected:
        raise EmptyDrawer(shift_id=giver.id)
    return giver.expected


def add_cash_to_receiver(receiver: Shift | None, amount: Money) -> list[Write]:
    return [shift_store.add_cash(receiver, amount)] if receiver else []


def build_handover_event(handover_id: str, giver: Shift, receiver: Shift | None, amount: Money) -> CashHandedOver:
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


def handover_to_json(event: CashHandedOver) -> dict[str, Any]:
    return {
        "id": event.handover_id,
        "from_shift": event.from_shift,
        "from_till": event.from_till,
        "to_shift": event.to_shift or None,
        "to_till": event.to_till or "safe",
        "amount": Money(event.amount_minor, event.currency).to_json(),
    }
