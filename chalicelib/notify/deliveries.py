"""Who was told what of an order, over which channel, and what became of it."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db
from chalicelib.kit.db import Key
from chalicelib.notify import store
from chalicelib.notify.store import SentRow

EXTERNAL_CHANNELS = ("sms", "email")


def list_deliveries(order_id: str) -> list[dict[str, Any]]:
    """Oldest first. A channel that was not used is not there; `claimed` may or may not have gone out."""
    told = store.load_notified(f"order#{order_id}")
    pairs = [(each, party) for each in told for party in each["parties"]]
    keys = {
        (each["event_id"], party, channel): Key(SentRow, f"sent#{each['event_id']}#{party}#{channel}", "sent")
        for each, party in pairs
        for channel in EXTERNAL_CHANNELS
    }
    found = db.batch(keys.values())
    return [
        {"event": each["event_id"], "kind": each["kind"], "to": party}
        | {
            "channels": {
                c: found[k].status for c in EXTERNAL_CHANNELS if (k := keys[each["event_id"], party, c]) in found
            }
        }
        for each, party in pairs
    ]
