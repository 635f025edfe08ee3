"""Project journal entries into the daily ledger, and report a day reconciled with its payments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from chalicelib.kit import db, events, log
from chalicelib.payments import ledger, ledger_store, store
from chalicelib.payments.ledger import LedgerLine
from chalicelib.payments.model import AlreadyBooked, Payment
from chalicelib.places import find as places_find


def update_ledger(message: dict[str, Any]) -> None:
    """Add the lines of one journal entry. A repeated delivery is ignored, and order does not matter.

    Raises NewerVersion for an event schema that this code does not support.
    """
    events.check_schema_version(message["kind"], message["schema_version"])
    lines = _build_lines(message, store.load_payments(ledger.list_payment_ids_to_load(message)))
    if not lines:
        return
    try:
        db.commit(ledger_store.save_lines(lines))
    except AlreadyBooked:
        log.info("ledger_entry_already_booked", event_id=message["event_id"], kind=message["kind"])


def _build_lines(message: dict[str, Any], payments: Iterable[Payment]) -> list[LedgerLine]:
    by_id = {payment.id: payment for payment in payments}
    return ledger.build_lines(message, by_id, places_find.find_zone(find_location(message)))


def find_booked(messages: Sequence[dict[str, Any]]) -> set[str]:
    """Return the ids of those events that have no lines, or whose lines are in the ledger. Raises NewerVersion."""
    for message in messages:
        events.check_schema_version(message["kind"], message["schema_version"])
    payment_ids = (payment_id for message in messages for payment_id in ledger.list_payment_ids_to_load(message))
    payments = store.load_payments(list(dict.fromkeys(payment_ids)))
    lines = {message["event_id"]: _build_lines(message, payments) for message in messages}
    booked = ledger_store.find_booked(of_event[0] for of_event in lines.values() if of_event)
    return {event_id for event_id, of_event in lines.items() if not of_event or event_id in booked}


def find_location(message: dict[str, Any]) -> str:
    """Return the location whose business day the entry is of: that of the order, else of the person who took the money.

    Entries about work name the location of the goods in `location`, which may be in another zone."""
    body = message["body"]
    if not body.get("order_id"):
        person = places_find.load_staff().get(message["actor"])
        return person.location if person else ""
    return str(body.get("order_location") or (body.get("location", "") if message["kind"] == "OrderPlaced" else ""))


def load_ledger_report(day: date) -> dict[str, Any]:
    """Return a day's sums by method, channel and kind, its totals, and every mismatch with the payments.

    `promised` holds the promises of the day that are still awaited now.
    """
    lines = ledger_store.list_lines_of_day(day.isoformat())
    payment_ids = list(dict.fromkeys(line.payment_id for line in lines if line.payment_id))
    payments = {payment.id: payment for payment in store.load_payments(payment_ids)}
    mismatches = ledger.list_mismatches(payment_ids, payments, ledger_store.load_posted_amounts(payment_ids))
    mismatches += ledger.list_lines_without_payment(lines)
    return {
        "day": day.isoformat(),
        "items": ledger.sum_lines(ledger.drop_settled_promises(lines, payments)),
        "totals": ledger.sum_money_in(lines),
        "matched": not mismatches,
        "unmatched": mismatches,
    }
