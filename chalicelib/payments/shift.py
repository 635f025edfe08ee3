"""A drawer's day: open with a float, count, close. Between counting and closing no cash moves through it.

The float comes out of the safe and what was counted goes back there, so a till's account begins and ends at nothing.
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


def open_shift(principal: Principal, till: str, opening: Money, asked: IdempotencyKey | None = None) -> dict[str, Any]:
    """One open shift for each person and each till; cash sales of its cashier go into it from now on."""
    idempotency.check_repeat(asked)
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
    db.commit([idempotency.record_answer(asked, answer), *shift_store.open_shift(shift), entry])
    return answer


def default_till(principal: Principal) -> str:
    """A store's counter for its cashier; people on the road carry their own."""
    at_counter = principal.role == "cashier" and principal.location
    return f"till-{principal.location}" if at_counter else f"till-{principal.id}"


@db.retry_on_conflict
def count_shift(
    principal: Principal, shift_id: str, counted: Money, asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Shuts the drawer and writes down what was in it. Counting again before closing corrects the count."""
    idempotency.check_repeat(asked)
    shift = find.load_shift(principal, shift_id)
    check_countable(shift, counted)
    now = clock.now()
    after = replace(shift, status=ShiftStatus.COUNTED, counted=counted)
    event = build_counted_event(after)
    entry, head = journal.append_event(journal_subject(shift), event, after=shift, actor=principal.actor, at=now)
    answer = find.shift_to_json(after)
    db.commit([idempotency.record_answer(asked, answer), *shift_store.count_shift(shift, counted, head), entry])
    return answer


@db.retry_on_conflict
def close_shift(
    principal: Principal, shift_id: str, reason: str = "", asked: IdempotencyKey | None = None
) -> dict[str, Any]:
    """Puts the counted cash into the safe, books what was over or short, and frees till and cashier."""
    idempotency.check_repeat(asked)
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
    db.commit([idempotency.record_answer(asked, answer), *shift_store.close_shift(shift, after, now, head), entry])
    return answer


def check_countable(shift: Shift, counted: Money) -> None:
    if shift.status == ShiftStatus.CLOSED or shift.is_cash_bag:
        raise build_state_refusal(shift, ShiftNotOpen)
    check_currency("counted", counted)


def check_currency(name: str, amount: Money) -> None:
    """A drawer's counter adds minor units, so all of them are of the shop's one currency."""
    if amount.currency != config.currency():
        raise Invalid((name, f"this shop's drawers hold {config.currency()}"))


def build_state_refusal(shift: Shift, otherwise: type[Refused]) -> Refused:
    if shift.is_cash_bag:
        return BagStaysOpen(shift_id=shift.id)
    return otherwise(shift_id=shift.id, status=shift.status)


def journal_subject(shift: Shift) -> str:
    return f"shift#{shift.id}"


def build_opened_event(shift: Shift) -> ShiftOpened:
    floated = [Posting(f"till:{shift.till}", shift.opening.minor), Posting("safe", -shift.opening.minor)]
    return ShiftOpened(
        shift_id=shift.id,
        till=shift.till,
        location=shift.location,
        cashier=shift.cashier,
        opening_minor=shift.opening.minor,
        currency=shift.opening.currency,
        postings=postings.merge_postings(floated),
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
    emptied = [Posting(f"till:{shift.till}", -count.expected_minor), Posting("safe", count.counted_minor)]
    return ShiftClosed(
        shift_id=shift.id,
        till=shift.till,
        expected_minor=count.expected_minor,
        counted_minor=count.counted_minor,
        variance_minor=count.variance_minor,
        currency=count.currency,
        reason=shift.reason,
        postings=postings.merge_postings([*emptied, Posting("variance", -count.variance_minor)]),
    )
