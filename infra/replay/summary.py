"""The result of a replay, computed from the shop's tables: sums, stock, offers, and missing or repeated notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from chalicelib.kit import clock
from infra.invariants.snapshot import Snapshot
from infra.local.api_client import thread_client

Notification = tuple[str, str]  # (event, party)


@dataclass(frozen=True)
class ReplaySummary:
    """Sums and counts over the placed and completed orders of a snapshot."""

    snapshot: Snapshot
    currency: str

    @property
    def orders(self) -> list[dict[str, Any]]:
        return [order for order in self.snapshot.orders.values() if order["status"] in ("placed", "completed")]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [line for order in self.orders for line in order["lines"]]

    @property
    def net_total(self) -> dict[str, Any]:
        return self.sum_to_json(line["total"] for line in self.lines)

    @property
    def by_channel(self) -> dict[str, Any]:
        names = sorted({order["channel"] for order in self.orders})
        return {name: self.channel_summary(name) for name in names}

    def channel_summary(self, name: str) -> dict[str, Any]:
        orders = [order for order in self.orders if order["channel"] == name]
        lines = [line for order in orders for line in order["lines"]]
        return {"orders": len(orders), "net_total": self.sum_to_json(line["total"] for line in lines)}

    def sum_to_json(self, minors: Iterator[int]) -> dict[str, Any]:
        return {"amount": sum(minors), "currency": self.currency}

    @property
    def units_sold(self) -> int:
        return sum(line["quantity"] for line in self.lines)

    @property
    def on_hand(self) -> dict[str, int]:
        """Units by SKU over all locations."""
        units: Counter[str] = Counter()
        for key, level in self.snapshot.levels.items():
            units[key.rpartition("@")[0]] += level["on_hand"]
        return dict(units)

    @property
    def delivered(self) -> int:
        return sum(order["fulfillment_status"] == "delivered" for order in self.orders)

    @property
    def paid(self) -> int:
        return sum(order["payment_status"] in ("paid", "on_credit") for order in self.orders)

    @property
    def notified(self) -> dict[str, int]:
        """Notices about orders in the inboxes of salesmen, and of warehouses and stores."""
        counts = Counter(row["pk"].partition("#")[0] for row in self.notices)
        return {"salesman": counts["staff"], "warehouse": counts["location"]}

    @property
    def notices_by_kind(self) -> Counter[tuple[str, str]]:
        return Counter((row["pk"].partition("#")[0], row["kind"]) for row in self.notices)

    @property
    def notices(self) -> list[dict[str, Any]]:
        return [row for row in self.snapshot.notices if row["subject"].startswith("order#")]

    @property
    def offers(self) -> dict[str, Any]:
        opened = {
            entry["fields"]["offer_id"]: entry
            for entry in self.entries_of_kind("OfferOpened")
            if entry["fields"].get("offer_id")
        }
        ended = [
            entry for kind in ("OfferClaimed", "OfferExpired", "OfferDeclined") for entry in self.entries_of_kind(kind)
        ]
        durations = [seconds_between(opened[entry["fields"]["offer_id"]], entry) for entry in ended]
        return {
            "made": len(opened),
            "claimed_by_salesman": len(self.entries_of_kind("OfferClaimed")),
            "fell_back": len(opened) - len(self.entries_of_kind("OfferClaimed")),
            "median_offer_seconds": round(median(durations), 3) if durations else 0.0,
        }

    def entries_of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.snapshot.entries if entry["kind"] == kind]

    def wrong_notices(self) -> list[str]:
        """Notices missing from inboxes of staff and locations, and notices there that no event accounts for."""
        expected = Counter(self.expected_notifications())
        actual = Counter((row["sk"], row["pk"]) for row in self.notices if not row["pk"].startswith("customer#"))
        missing, extra = expected - actual, actual - expected
        wrong = [f"{party} was not notified of {self.describe_event(event)}" for event, party in missing]
        return wrong + [f"{party} was notified too often of {self.describe_event(event)}" for event, party in extra]

    def expected_notifications(self) -> Iterator[Notification]:
        """The (event, party) pairs that follow from the journal alone."""
        for entry in self.snapshot.entries:
            event, fields = entry["event_id"], entry["fields"]
            if entry["kind"] == "OrderPlaced" and fields.get("made_by", "") not in ("", entry["actor"]):
                yield event, f"staff#{fields['made_by']}"
            if entry["kind"] == "OfferOpened":
                yield from ((event, f"staff#{name}") for name in fields.get("invited", ()))
            if entry["kind"] in ("OfferOpened", "OfferExpired", "OfferDeclined"):
                yield from ((event, f"location#{work['location']}") for work in fields.get("assigned", ()))
            if entry["kind"] == "OfferClaimed":
                yield from ((event, f"location#{work['location']}") for work in fields.get("stood_down", ()))

    def describe_event(self, event: str) -> str:
        entry = self.snapshot.entries_by_event_id.get(event, {"kind": "nothing", "subject": event})
        return f"{entry['kind']} of {entry['subject']}"

    def wrong_sends(self, engine: str) -> list[str]:
        """Differences between the SMS and e-mail that were sent and those that were claimed."""
        claimed = Counter(row["channel"] for row in self.snapshot.sends if row["status"] == "sent")
        sent = {
            "sms": count_messages(f"{engine}/_ministack/sns/sms-messages"),
            "email": count_messages(f"{engine}/_ministack/ses/messages"),
        }
        return [f"{sent[name]} {name} sent, {claimed[name]} claimed" for name in sent if sent[name] != claimed[name]]


def seconds_between(opened: dict[str, Any], ended: dict[str, Any]) -> float:
    return (clock.parse(ended["occurred_at"]) - clock.parse(opened["occurred_at"])).total_seconds()


def count_messages(address: str) -> int:
    stored = thread_client().get(address, timeout=10).raise_for_status().json()
    messages = stored.get("sms_messages", stored.get("messages", stored))
    return sum(map(len, messages.values())) if isinstance(messages, dict) else len(messages)
