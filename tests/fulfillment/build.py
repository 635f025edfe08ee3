"""Builders and helpers of fulfillment tests: orders, offers, vans, and delivery of journal entries to handlers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.fulfillment.events import handle_message
from chalicelib.fulfillment.model import Fulfillment, Invitation, Offer, OrderFulfillment, offer_expiry
from chalicelib.fulfillment.routing import RoutingRequest, VanCandidate
from chalicelib.fulfillment.store import build_link_token, load_fulfillment_of_order
from chalicelib.kit import clock, journal
from chalicelib.kit.journal import EntryRow
from chalicelib.places.model import Point
from chalicelib.places.report_position import report_position
from chalicelib.stock.model import Allocation
from tests.client import call
from tests.shop import HERE, an_order, principal_of, token

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # in Surabaya
FAR = Point(-7.98, 112.63)
JOKO, BUDI, DEWI, RATNA, SINTA = ("warehouse-joko", "salesman-budi", "salesman-dewi", "owner-ratna", "cashier-sinta")
_keys = iter(range(10**15, 2 * 10**15))


def freeze_at_noon() -> None:
    clock.source = lambda: NOON


def an_offer(**fields: Any) -> Offer:
    invitations = tuple(Invitation(staff, f"van-{staff}", 800) for staff in fields.pop("invited", ("budi", "dewi")))
    defaults: dict[str, Any] = {"id": "off_1-1", "order_id": "ord_1", "status": "open", "demand": {"TEAPOT": 2}}
    defaults |= {"invitations": invitations, "fulfillment_ids": ("ful_1-1",)}
    defaults |= {"opened_at": NOON, "expires_at": offer_expiry(NOON, 10)}
    return Offer(**(defaults | fields))


def a_fulfillment(status: str = "assigned", kind: str = "warehouse", number: int = 1, **fields: Any) -> Fulfillment:
    defaults: dict[str, Any] = {"id": f"ful_1-{number}", "order_id": "ord_1", "location": "wh", "kind": kind}
    defaults |= {
        "method": "ship",
        "status": status,
        "allocations": (Allocation("TEAPOT", "wh", 2),),
        "assigned_at": NOON,
    }
    return Fulfillment(**(defaults | fields))


def a_routing_request(**fields: Any) -> RoutingRequest:
    defaults: dict[str, Any] = {"order_id": "ord_1", "method": "ship", "demand": {"TEAPOT": 2}, "destination": HERE}
    return RoutingRequest(**(defaults | {"pieces": 1, "parts": 1} | fields))


def a_van(
    name: str, at: Point | None = HERE, seen_at: datetime | None = NOON, staff: str | None = None
) -> VanCandidate:
    return VanCandidate(f"van-{name}", name if staff is None else staff, at, seen_at)


def park_vans(*people: str, at: Point = HERE) -> None:
    """Report the position of each salesman's van."""
    for staff in people:
        report_position(principal_of(staff), principal_of(staff).location or "", at)


def place_order(*lines: tuple[str, int], by: str = "", **fields: Any) -> str:
    """Place an order through the API, deliver its events, and return its id."""
    order_id = place_order_without_events(*lines, by=by, **fields)
    deliver_events(order_id)
    return order_id


def place_order_without_events(*lines: tuple[str, int], by: str = "", **fields: Any) -> str:
    headers = {"Idempotency-Key": f"{next(_keys)}"} | ({"Authorization": f"Bearer {token(by)}"} if by else {})
    response = call("POST", "/api/orders", headers=headers, body=an_order(*lines, **fields))
    assert response.status == 201, response.text
    return str(response.json["id"])


def deliver_events(order_id: str) -> None:
    """Handle the order's journal entries until no new ones appear, each twice, because a topic may repeat messages."""
    delivered = 0
    while delivered < len(entries := journal.history(f"order#{order_id}")):
        for entry in entries[delivered:]:
            handle_message(journal.row_to_message(entry))
            handle_message(journal.row_to_message(entry))
        delivered = len(entries)


def event_kinds(order_id: str) -> list[str]:
    return [entry.kind for entry in journal.history(f"order#{order_id}")]


def load_entry(order_id: str, kind: str) -> EntryRow:
    return next(entry for entry in journal.history(f"order#{order_id}") if entry.kind == kind)


def load_fulfillment(order_id: str) -> OrderFulfillment:
    return load_fulfillment_of_order(order_id)


def list_statuses(order_id: str) -> list[tuple[str, str]]:
    return [(fulfillment.location, fulfillment.status) for fulfillment in load_fulfillment(order_id).fulfillments]


def latest_offer(order_id: str) -> Offer:
    return load_fulfillment(order_id).offers[-1]


def latest_fulfillment(order_id: str) -> Fulfillment:
    return load_fulfillment(order_id).fulfillments[-1]


def claim_as(order_id: str, staff: str) -> Any:
    return call("POST", f"/api/offers/{latest_offer(order_id).id}/claim", token=token(staff))


def post_step(order_id: str, verb: str, by: str, body: Any = None, fulfillment: Fulfillment | None = None) -> Any:
    fulfillment = fulfillment or latest_fulfillment(order_id)
    return call("POST", f"/api/fulfillments/{fulfillment.id}/{verb}", body, token=token(by))


def claim_link_path(order_id: str, staff: str) -> str:
    return f"/o/{build_link_token(latest_offer(order_id).id, staff)}"
