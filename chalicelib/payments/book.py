"""Keeping the day's ledger, and closing it: what the journal told laid beside what the payments hold."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.kit import config, db, events, log
from chalicelib.payments import ledger, ledger_store, store
from chalicelib.payments.model import AlreadyBooked
from chalicelib.places import find as places_find


def book(message: dict[str, Any]) -> None:
    """Writes down one journal entry's money; heard twice or out of order, it is there once. Raises NewerVersion."""
    events.refuse_newer(message["kind"], message["schema_version"])
    named = {payment.id: payment for payment in store.load_payments(ledger.payments_asked(message))}
    lines = ledger.lines_of(message, named, zone_of(message["body"].get("location", "")))
    if not lines:
        return
    try:
        db.commit(ledger_store.keep_lines(lines))
    except AlreadyBooked:
        log.decision("booked before", event_id=message["event_id"], kind=message["kind"])


def zone_of(location: str) -> str:
    """A store in Makassar closes its day in its own zone."""
    found = places_find.locations().get(location) if location else None
    return found.zone if found else config.zone()


def report(day: date) -> dict[str, Any]:
    """Sums by method, channel and kind, then every payment on which ledger and payments differ."""
    lines = ledger_store.lines_on(day.isoformat())
    named = list(dict.fromkeys(line.payment_id for line in lines if line.payment_id))
    payments = {payment.id: payment for payment in store.load_payments(named)}
    differ = ledger.unmatched(named, payments, ledger_store.posted_for(named)) + ledger.nameless(lines)
    return {
        "day": day.isoformat(),
        "items": ledger.summed(lines),
        "totals": ledger.totals(lines),
        "matched": not differ,
        "unmatched": differ,
    }
