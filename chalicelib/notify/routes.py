"""HTTP doors: an inbox, seeing a notice, and the owner's board of exceptions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from chalicelib.kit import clock
from chalicelib.kit.web import STAFF, Call, Query, Routes, page_to_json, read_cursor
from chalicelib.notify import deliveries, exception_board, inbox
from chalicelib.orders.find import load_order

endpoints = Routes(__name__)


class InboxQuery(Query):
    cursor: Annotated[str, Field(max_length=500)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 25


@endpoints.get("/inbox", roles=STAFF, query=InboxQuery)
def read_inbox(call: Call) -> dict[str, Any]:
    """List offers, tasks and notices addressed to the caller, his location's team or his role, newest first."""
    after = read_cursor(call.query.cursor, "inbox") or {}
    items, more = inbox.list_inbox(call.principal, after.get("before"), call.query.limit)
    return page_to_json(items, {"before": more} if more else None, "inbox")


@endpoints.post("/inbox/{notice_id}/ack", roles=STAFF)
def acknowledge(call: Call, notice_id: str) -> dict[str, Any]:
    """Say that a notice was seen, so that nobody else is bothered with it; again changes nothing."""
    return inbox.acknowledge(call.principal, notice_id)


@endpoints.get("/orders/{order_id}/notices", roles=STAFF)
def list_notices(call: Call, order_id: str) -> dict[str, Any]:
    """List who was told what of an order, over which channels, and what became of each message."""
    load_order(call.principal, order_id)
    return page_to_json(deliveries.list_deliveries(order_id), None, "notices")


@endpoints.get("/exceptions", roles={"owner"})
def list_exceptions(call: Call) -> dict[str, Any]:
    """List what waits for someone, each with the door that resolves it."""
    return page_to_json(exception_board.list_exceptions(clock.now()), None, "exceptions")
