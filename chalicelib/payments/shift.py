"""Open, count and close a shift. No cash moves through it between counting and closing.

The float comes from the safe and the counted cash goes back there, so a till's account starts and ends at zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.kit import clock, config, db, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Invalid, Refused
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money, zero
from chalicelib.payments import find, postings, shift_store
from chalicelib.payments.model import (
    SHIFT_STATES,
    BagStaysOpen,
    Posting,
    Shift,
    ShiftClosed,
    ShiftCounted,
    ShiftNotCounted,
    ShiftNotOpen,
    ShiftOpened,
    ShiftStatus,
)


def open_shift(
    principal: Principal, till: str, opening: Money, idempotency_key: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Open the caller's shift with the float `opening` and return it as JSON.

    Raises ShiftAlreadyOpen, TillInUse, and Invalid for a currency other than the shop's.
    """
    idempotency.check_repeat(idempotency_key)
    check_currency("opening", opening)
    now = clock.now()
    shift = Shift(
        ids.new("shf", now),
        till or default_till(principal),
        principal.location or "",
        principal.id,
        opening,
        opened_at=now,
    )
    entry, head = journal.append_event(journal_subject(shift), build_opened_event(shift), actor=principal.actor, at=now)
    shift = replace(shift, **vars(head))
    answer = find.shift_to_json(shift)
    db.commit([idempotency.record_answer(idempotency_key, answer), *shift_store.open_shift(shift), entry])
    return answer


def default_till(principal: Principal) -> str:
    """Return the counter of a cashier's store, or a till of their own for other staff."""
    at_counter = principal.role == "cashier" and principal.location
    return f"till-{principal.location}" if at_counter else f"till-{principal.id}"


@db.retry_on_conflict
def count_shift(
    principal: Principal, shift_id: str, counted: Money, idempotency_key: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Record the counted cash and return the shift as JSON. A later count before closing replaces it.

    Raises ShiftNotOpen for a closed shift and BagStaysOpen for a cash bag.
    """
    idempotency.check_repeat(idempotency_key)
    shift = find.load_shift(principal, shift_id)
    check_countable(shift, counted)
    now = clock.now()
    after = replace(shift, status=ShiftStatus.COUNTED, counted=counted)
    event = build_counted_event(after)
    entry, head = journal.append_event(journal_subject(shift), event, after=shift, actor=principal.actor, at=now)
    answer = find.shift_to_json(after)
    db.commit(
        [idempotency.record_answer(idempotency_key, answer), *shift_store.count_shift(shift, counted, head), entry]
    )
    return answer


@db.retry_on_conflict
def close_shift(
    principal: Principal, shift_id: str, reason: str = "", idempotency_key: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Move the counted cash to the safe, book the variance, and free the till and the cashier.

    Closing a closed shift again is a no-op. Raises ShiftNotCounted, and BagStaysOpen for a cash bag.
    """
    idempotency.check_repeat(idempotency_key)
    shift = find.load_shift(principal, shift_id)
    if shift.status == ShiftStatus.CLOSED:
        return find.shift_to_json(shift)
    if ShiftStatus.CLOSED not in SHIFT_STATES[shift.status] or shift.counted is None:
        raise build_state_refusal(shift, ShiftNotCounted)
    now = clock.now()
    variance = shift.counted - shift.expected
    after = replace(shift, status=ShiftStatus.CLOSED, variance=variance, reason=reason, closed_at=now)
    event = build_closed_event(after)
    entry, head = journal.append_event(journal_subject(shift), event, after=shift, actor=principal.actor, at=now)
    answer = find.shift_to_json(after)
    db.commit(
        [idempotency.record_answer(idempotency_key, answer), *shift_store.close_shift(shift, after, now, head), entry]
    )
    return answer


def check_countable(shift: Shift, counted: Money) -> None:
    if shift.status == ShiftStatus.CLOSED or shift.is_cash_bag:
        raise build_state_refusal(shift, ShiftNotOpen)
    check_currency("counted", counted)


def check_currency(name: str, amount: Money) -> None:
    """Raise Invalid unless the amount is in the shop's currency: the cash counters of a shift add minor units."""
    if amount.currency != config.currency():
        raise Invalid((name, f"must be in {config.currency()}, the currency of this shop"))


def build_state_refusal(shift: Shift, refusal: type[Refused]) -> Refused:
    if shift.is_cash_bag:
        return BagStaysOpen(shift_id=shift.id)
    return refusal(shift_id=shift.id, shift_status=shift.status)


def journal_subject(shift: Shift) -> str:
    return f"shift#{shift.id}"


def build_opened_event(shift: Shift) -> ShiftOpened:
    entries = [Posting(f"till:{shift.till}", shift.opening.minor), Posting("safe", -shift.opening.minor)]
    return ShiftOpened(
        shift_id=shift.id,
        till=shift.till,
        location=shift.location,
        cashier=shift.cashier,
        opening_minor=shift.opening.minor,
        currency=shift.opening.currency,
        postings=postings.merge_postings(entries),
    )


def build_counted_event(shift: Shift) -> ShiftCounted:
    counted = shift.counted or zero(shift.opening.currency)
    return ShiftCounted(
        shift_id=shift.id,
        till=shift.till,
        expected_minor=shift.expected.minor,
        counted_minor=counted.minor,
        variance_minor=counted.minor - shift.expected.minor,
        currency=counted.currency,
    )


def build_closed_event(shift: Shift) -> ShiftClosed:
    count = build_counted_event(shift)
    till_to_safe = [Posting(f"till:{shift.till}", -count.expected_minor), Posting("safe", count.counted_minor)]
    return ShiftClosed(
        shift_id=shift.id,
        till=shift.till,
        expected_minor=count.expected_minor,
        counted_minor=count.counted_minor,
        variance_minor=count.variance_minor,
        currency=count.currency,
        reason=shift.reason,
        postings=postings.merge_postings([*till_to_safe, Posting("variance", -count.variance_minor)]),
    )
