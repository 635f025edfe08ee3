"""Listing the notices sent about an order: recipients, channels and outcomes."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db
from chalicelib.kit.db import Key
from chalicelib.notify import store
from chalicelib.notify.store import SentRow

EXTERNAL_CHANNELS = ("sms", "email")


def list_deliveries(order_id: str) -> list[dict[str, Any]]:
    """Return [{"event", "kind", "to", "channels": {channel: status}}], oldest first.

    Unused channels are left out. A `claimed` message may or may not have been sent."""
    notified = [(event, party) for event in store.load_notified(f"order#{order_id}") for party in event["parties"]]
    keys = {
        (event["event_id"], party, channel): Key(SentRow, f"sent#{event['event_id']}#{party}#{channel}", "sent")
        for event, party in notified
        for channel in EXTERNAL_CHANNELS
    }
    rows = db.batch(keys.values())

    def list_outcomes(event_id: str, party: str) -> dict[str, Any]:
        sent = {channel: rows.get(keys[event_id, party, channel]) for channel in EXTERNAL_CHANNELS}
        return {channel: row.status for channel, row in sent.items() if row is not None}

    return [
        {"event": event["event_id"], "kind": event["kind"], "to": party}
        | {"channels": list_outcomes(event["event_id"], party)}
        for event, party in notified
    ]
