"""Keeping the day's ledger, and closing it: what the journal told laid beside what the payments hold."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.kit import config, db, events, log
from chalicelib.payments import ledger, ledger_store, store
from chalicelib.payments.model import AlreadyBooked
from chalicelib.places import find as places_find


def update_ledger(message: dict[str, Any]) -> None:
    """Writes down one journal entry's money; heard twice or out of order, it is there once. Raises NewerVersion."""
    events.check_schema_version(message["kind"], message["schema_version"])
    named = {payment.id: payment for payment in store.load_payments(ledger.list_payment_ids_to_load(message))}
    lines = ledger.build_lines(message, named, timezone_of_location(message["body"].get("location", "")))
    if not lines:
        return
    try:
        db.commit(ledger_store.save_lines(lines))
    except AlreadyBooked:
        log.info("event_already_projected", event_id=message["event_id"], kind=message["kind"])


def timezone_of_location(location: str) -> str:
    """A store in Makassar closes its day in its own zone."""
    found = places_find.load_locations().get(location) if location else None
    return found.zone if found else config.zone()


def load_ledger_report(day: date) -> dict[str, Any]:
    """Sums by method, channel and kind, then every payment on which ledger and payments differ."""
    lines = ledger_store.list_lines_of_day(day.isoformat())
    named = list(dict.fromkeys(line.payment_id for line in lines if line.payment_id))
    payments = {payment.id: payment for payment in store.load_payments(named)}
    differ = ledger.list_mismatches(
        named, payments, ledger_store.load_posted_amounts(named)
    ) + ledger.list_lines_without_payment(lines)
    return {
        "day": day.isoformat(),
        "items": ledger.sum_lines(lines),
        "totals": ledger.sum_money_in(lines),
        "matched": not differ,
        "unmatched": differ,
    }
