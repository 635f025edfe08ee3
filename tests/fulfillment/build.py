"""Builders for the work: they say only what matters, and bring the journal to its listeners as the stream would."""

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


def an_offer(**said: Any) -> Offer:
    invited = tuple(Invitation(staff, f"van-{staff}", 800) for staff in said.pop("invited", ("budi", "dewi")))
    usual: dict[str, Any] = {"id": "off_1-1", "order_id": "ord_1", "status": "open", "wanted": {"TEAPOT": 2}}
    usual |= {"invited": invited, "assigned": ("ful_1-1",), "opened_at": NOON, "expires_at": offer_expiry(NOON, 10)}
    return Offer(**(usual | said))


def a_fulfillment(status: str = "assigned", kind: str = "warehouse", number: int = 1, **said: Any) -> Fulfillment:
    usual: dict[str, Any] = {"id": f"ful_1-{number}", "order_id": "ord_1", "location": "wh", "kind": kind}
    usual |= {"method": "ship", "status": status, "pieces": (Allocation("TEAPOT", "wh", 2),), "assigned_at": NOON}
    return Fulfillment(**(usual | said))


def a_routing_request(**said: Any) -> RoutingRequest:
    usual: dict[str, Any] = {"order_id": "ord_1", "method": "ship", "demand": {"TEAPOT": 2}, "destination": HERE}
    return RoutingRequest(**(usual | {"pieces": 1, "parts": 1} | said))


def a_van(
    name: str, at: Point | None = HERE, seen_at: datetime | None = NOON, staff: str | None = None
) -> VanCandidate:
    return VanCandidate(f"van-{name}", name if staff is None else staff, at, seen_at)


def park_vans(*people: str, at: Point = HERE) -> None:
    """Their vans say where they are."""
    for staff in people:
        report_position(principal_of(staff), principal_of(staff).location or "", at)


def place_order(*lines: tuple[str, int], by: str = "", **said: Any) -> str:
    """An order through the public door, heard of by everyone; its id."""
    order_id = place_order_without_events(*lines, by=by, **said)
    deliver_events(order_id)
    return order_id


def place_order_without_events(*lines: tuple[str, int], by: str = "", **said: Any) -> str:
    headers = {"Idempotency-Key": f"{next(_keys)}"} | ({"Authorization": f"Bearer {token(by)}"} if by else {})
    answer = call("POST", "/api/orders", headers=headers, body=an_order(*lines, **said))
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def deliver_events(order_id: str) -> None:
    """Until nobody has anything more to say, and everything twice, as a topic may."""
    heard = 0
    while heard < len(entries := journal.history(f"order#{order_id}")):
        for entry in entries[heard:]:
            handle_message(journal.row_to_message(entry))
            handle_message(journal.row_to_message(entry))
        heard = len(entries)


def event_kinds(order_id: str) -> list[str]:
    return [entry.kind for entry in journal.history(f"order#{order_id}")]


def load_entry(order_id: str, kind: str) -> EntryRow:
    return next(each for each in journal.history(f"order#{order_id}") if each.kind == kind)


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
