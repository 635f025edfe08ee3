"""Endpoints for the staff inbox, the notices of an order, and the owner's board of exceptions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from chalicelib.kit import clock
from chalicelib.kit.web import ApiResponse, Call, Query, Routes, page_to_json, read_cursor, with_etag
from chalicelib.notify import deliveries, exception_board, inbox
from chalicelib.orders.find import load_order

endpoints = Routes(__name__)


class InboxQuery(Query):
    cursor: Annotated[str, Field(max_length=500)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 25


@endpoints.get("/inbox", query=InboxQuery)
def read_inbox(call: Call) -> dict[str, Any]:
    """List offers, tasks and notices addressed to the caller, their location's team or their role, newest first."""
    after = read_cursor(call.query.cursor, "inbox") or {}
    items, next_before = inbox.list_inbox(call.principal, after.get("before"), call.query.limit)
    return page_to_json(items, {"before": next_before} if next_before else None, "inbox")


@endpoints.post("/inbox/{notice_id}/ack")
def acknowledge(call: Call, notice_id: str) -> dict[str, Any]:
    """Acknowledge a notice for everyone it is addressed to; acknowledging twice is a no-op."""
    return inbox.acknowledge(call.principal, notice_id)


@endpoints.get("/orders/{order_id}/notices")
def list_notices(call: Call, order_id: str) -> dict[str, Any]:
    """List the notices sent about an order: recipients, channels and outcomes."""
    load_order(call.principal, order_id)
    return page_to_json(deliveries.list_deliveries(order_id), None, "notices")


@endpoints.get("/exceptions")
def list_exceptions(call: Call) -> ApiResponse:
    """List what needs the owner's attention, with the endpoint that resolves it.

    `more` names the kinds of which only the first 50 are listed.
    """
    board = exception_board.build_board(clock.now())
    return with_etag(call, page_to_json(board["items"], None, "exceptions") | {"more": board["more"]})
