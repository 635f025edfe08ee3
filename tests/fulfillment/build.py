"""Builders for the work: they say only what matters, and bring the journal to its listeners as the stream would."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.fulfillment.events import hear
from chalicelib.fulfillment.model import Case, Fulfillment, Invited, Offer, until
from chalicelib.fulfillment.route import Job, Van
from chalicelib.fulfillment.store import link_token, load_case
from chalicelib.kit import clock, journal
from chalicelib.kit.journal import Entry
from chalicelib.places.model import Point
from chalicelib.places.move import report_position
from chalicelib.stock.model import Piece
from tests.client import call
from tests.shop import HERE, an_order, token, who

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # in Surabaya
FAR = Point(-7.98, 112.63)
JOKO, BUDI, DEWI, RATNA, SINTA = ("warehouse-joko", "salesman-budi", "salesman-dewi", "owner-ratna", "cashier-sinta")
_keys = iter(range(10**15, 2 * 10**15))


def it_is_noon() -> None:
    clock.source = lambda: NOON


def an_offer(**said: Any) -> Offer:
    invited = tuple(Invited(staff, f"van-{staff}", 800) for staff in said.pop("invited", ("budi", "dewi")))
    usual: dict[str, Any] = {"id": "off_1-1", "order_id": "ord_1", "status": "open", "wanted": {"TEAPOT": 2}}
    usual |= {"invited": invited, "assigned": ("ful_1-1",), "opened_at": NOON, "expires_at": until(NOON, 10)}
    return Offer(**(usual | said))


def a_work(status: str = "assigned", kind: str = "warehouse", number: int = 1, **said: Any) -> Fulfillment:
    usual: dict[str, Any] = {"id": f"ful_1-{number}", "order_id": "ord_1", "location": "wh", "kind": kind}
    usual |= {"method": "ship", "status": status, "pieces": (Piece("TEAPOT", "wh", 2),), "assigned_at": NOON}
    return Fulfillment(**(usual | said))


def a_job(**said: Any) -> Job:
    usual: dict[str, Any] = {"order_id": "ord_1", "method": "ship", "demand": {"TEAPOT": 2}, "destination": HERE}
    return Job(**(usual | {"pieces": 1, "parts": 1} | said))


def a_van(name: str, at: Point | None = HERE, seen_at: datetime | None = NOON, staff: str | None = None) -> Van:
    return Van(f"van-{name}", name if staff is None else staff, at, seen_at)


def parked(*people: str, at: Point = HERE) -> None:
    """Their vans say where they are."""
    for staff in people:
        report_position(who(staff), who(staff).location or "", at)


def placed(*lines: tuple[str, int], by: str = "", **said: Any) -> str:
    """An order through the public door, heard of by everyone; its id."""
    order_id = placed_only(*lines, by=by, **said)
    listen(order_id)
    return order_id


def placed_only(*lines: tuple[str, int], by: str = "", **said: Any) -> str:
    headers = {"Idempotency-Key": f"{next(_keys)}"} | ({"Authorization": f"Bearer {token(by)}"} if by else {})
    answer = call("POST", "/api/orders", headers=headers, body=an_order(*lines, **said))
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def listen(order_id: str) -> None:
    """Until nobody has anything more to say, and everything twice, as a topic may."""
    heard = 0
    while heard < len(entries := journal.history(f"order#{order_id}")):
        for entry in entries[heard:]:
            hear(journal.entry_to_message(entry))
            hear(journal.entry_to_message(entry))
        heard = len(entries)


def told(order_id: str) -> list[str]:
    return [entry.kind for entry in journal.history(f"order#{order_id}")]


def entry_of(order_id: str, kind: str) -> Entry:
    return next(each for each in journal.history(f"order#{order_id}") if each.kind == kind)


def the_case(order_id: str) -> Case:
    return load_case(order_id)


def works(order_id: str) -> list[tuple[str, str]]:
    return [(work.location, work.status) for work in the_case(order_id).works]


def the_offer(order_id: str) -> Offer:
    return the_case(order_id).offers[-1]


def the_work(order_id: str) -> Fulfillment:
    return the_case(order_id).works[-1]


def claims(order_id: str, staff: str) -> Any:
    return call("POST", f"/api/offers/{the_offer(order_id).id}/claim", token=token(staff))


def step(order_id: str, verb: str, by: str, body: Any = None, work: Fulfillment | None = None) -> Any:
    work = work or the_work(order_id)
    return call("POST", f"/api/fulfillments/{work.id}/{verb}", body, token=token(by))


def link(order_id: str, staff: str) -> str:
    return f"/o/{link_token(the_offer(order_id).id, staff)}"
