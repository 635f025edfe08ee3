"""Helpers: placing orders by the API, and projecting their journal entries into the recap."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import journal
from chalicelib.kit.journal import EntryRow, JournalEntry
from chalicelib.reporting.project_recap import project_entry
from tests.client import call
from tests.moto_aws import stored_rows
from tests.shop import an_order, token

TODAY = "2026-11-22"


def place_order(key: str, *lines: tuple[str, int], by: str = "", **fields: Any) -> str:
    body, staff_token = an_order(*lines, **fields), token(by) if by else ""
    answer = call("POST", "/api/orders", body, key=f"recap-{key}-".ljust(16, "-"), token=staff_token)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def load_entries(order_id: str) -> list[JournalEntry]:
    return [journal.row_to_entry(entry) for entry in journal.history(f"order#{order_id}")]


def project_everything() -> list[JournalEntry]:
    """Project every journal entry, in the order of their ids, and return them."""
    rows = sorted(stored_rows(EntryRow), key=lambda row: row.event_id)
    entries = [journal.row_to_entry(row) for row in rows]
    for entry in entries:
        project_entry(entry)
    return entries


def load_recap(by: str = "channel", **query: Any) -> dict[str, Any]:
    parameters = {"from": TODAY, "to": TODAY, "by": by} | query
    answer = call("GET", "/api/reports/recap", token=token("owner-ratna"), query=parameters)
    assert answer.status == 200, answer.body
    recap: dict[str, Any] = answer.json
    return recap


def rupiah(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "IDR"}
