"""Hand cash over from one shift or cash bag to another shift or to the safe."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import clock, db, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
from chalicelib.kit.policy import Relation
from chalicelib.payments import shift_store
from chalicelib.payments.model import (
    CashHandedOver,
    EmptyDrawer,
    OwnCash,
    Posting,
    Shift,
    ShiftNotOpen,
    ShiftStatus,
    build_cash_refusal,
)
from chalicelib.payments.shift import check_currency
from chalicelib.places import find as places

SAFE_ACCESS_ROLES = frozenset({"owner", "finance"})
BRINGING_ROLES = frozenset({"courier", "salesman"})  # they bring cash to a counter


@db.retry_on_conflict
def hand_over(
    principal: Principal, from_shift: str, amount: Money | None, idempotency_key: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Move `amount`, or all cash when it is None, to the caller and return the handover as JSON.

    The receiver calls this, because they are accountable for the cash afterwards. They receive it into their open
    shift; owner and finance without one receive it into the safe. Raises NotFound, OwnCash, ShiftNotOpen, NoOpenShift,
    EmptyDrawer and NotEnoughCash.
    """
    idempotency.check_repeat(idempotency_key)
    giver = load_giver(principal, from_shift)
    receiver = load_receiver(principal)
    cash = resolve_handover_amount(giver, amount)
    now = clock.now()
    event = build_handover_event(ids.new("hov", now), giver, receiver, cash)
    entry, _ = journal.append_event(f"handover#{event.handover_id}", event, actor=principal.actor, at=now)
    answer = handover_to_json(event)
    cash_writes = [shift_store.remove_cash(giver, cash), *add_cash_to_receiver(receiver, cash)]
    db.commit([idempotency.record_answer(idempotency_key, answer), *cash_writes, entry])
    return answer


def load_giver(principal: Principal, shift_id: str) -> Shift:
    """Return the open shift that gives the cash. Raises OwnCash for the caller's own, NotFound for one out of reach."""
    shift = shift_store.find_shift(shift_id)
    if shift is not None and shift.cashier == principal.id:
        raise OwnCash(shift_id=shift.id)
    if shift is None or not can_receive_from(principal, shift):
        raise NotFound()
    if shift.status != ShiftStatus.OPEN:
        raise ShiftNotOpen(shift_id=shift.id, shift_status=shift.status)
    return shift


def can_receive_from(principal: Principal, shift: Shift) -> bool:
    """Return whether the caller reaches this cash: at the counter that of staff who come there, not another drawer."""
    if Relation.ALL in principal.relations:
        return True
    giver = places.load_staff().get(shift.cashier)
    return Relation.INVITED in principal.relations and giver is not None and giver.role in BRINGING_ROLES


def load_receiver(principal: Principal) -> Shift | None:
    """Return the caller's open shift, or None for the safe. Raises NoOpenShift for roles without access to it."""
    shift = shift_store.find_open_shift(principal.id)
    if shift is None and principal.role not in SAFE_ACCESS_ROLES:
        raise build_cash_refusal(principal.role)
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
    account = f"till:{receiver.till}" if receiver else "safe"
    return CashHandedOver(
        handover_id=handover_id,
        from_shift=giver.id,
        from_till=giver.till,
        to_shift=receiver.id if receiver else "",
        to_till=receiver.till if receiver else "",
        amount_minor=amount.minor,
        currency=amount.currency,
        postings=(Posting(account, amount.minor), Posting(f"till:{giver.till}", -amount.minor)),
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
