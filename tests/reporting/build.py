"""Orders as clients place them, and the recap listening to their journals."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import EntryRow, JournalEntry
from chalicelib.reporting.project_recap import project_entry
from tests.client import call
from tests.moto_aws import stored_rows
from tests.shop import an_order, token

TODAY = "2026-11-22"


def place_order(key: str, *lines: tuple[str, int], by: str = "", **said: Any) -> str:
    who = token(by) if by else ""
    answer = call("POST", "/api/orders", an_order(*lines, **said), key=f"recap-{key}-".ljust(16, "-"), token=who)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def load_entries(order_id: str) -> list[JournalEntry]:
    return [journal.row_to_entry(entry) for entry in journal.history(f"order#{order_id}")]


def project_everything() -> list[JournalEntry]:
    """The whole journal, as a replay of the stream would bring it."""
    entries = sorted(stored_rows(EntryRow), key=lambda entry: entry.event_id)
    told = [journal.row_to_entry(entry) for entry in entries]
    for each in told:
        project_entry(each)
    return told


def load_recap(by: str = "channel", **query: Any) -> dict[str, Any]:
    asked = {"from": TODAY, "to": TODAY, "by": by} | query
    answer = call("GET", "/api/reports/recap", token=token("owner-ratna"), query=asked)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def rupiah(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "IDR"}
