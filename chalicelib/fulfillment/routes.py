"""Doors to the work: offers and their claim links, a location's list, each step, and why an order was routed so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.fulfillment import find, page
from chalicelib.fulfillment.accept import accept
from chalicelib.fulfillment.call import ask_for_call
from chalicelib.fulfillment.claim import claim
from chalicelib.fulfillment.decline import decline
from chalicelib.fulfillment.deliver import deliver
from chalicelib.fulfillment.dispatch import dispatch
from chalicelib.fulfillment.expire import expire_if_due
from chalicelib.fulfillment.fail import fail
from chalicelib.fulfillment.handover import handover
from chalicelib.fulfillment.model import Fulfillment, Offer
from chalicelib.fulfillment.pick import pick
from chalicelib.fulfillment.ready import ready
from chalicelib.fulfillment.reject import reject
from chalicelib.fulfillment.reroute import reroute
from chalicelib.fulfillment.store import load_link, load_offer
from chalicelib.kit import clock, config
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Problem
from chalicelib.kit.web import CUSTOMER, EVERYONE, STAFF, Answer, Body, Call, Query, Routes, cursor, listed, status_of
from chalicelib.kit.web import page as html
from chalicelib.orders.find import load_order
from chalicelib.places import find as places

doors = Routes(__name__)

AT_THE_SHELF = {"owner", "warehouse", "cashier", "salesman"}
ON_THE_ROAD = AT_THE_SHELF | {"courier"}


class Lang(Query):
    lang: Literal["id", "en"] = "id"


class WorkOf(Query):
    location: Annotated[str, Field(max_length=64)] = ""
    of: Literal["work", "awaiting"] = "work"
    cursor: Annotated[str, Field(max_length=2000)] | None = None


class Reject(Body):
    reason: Literal["not_found", "damaged", "closed", "too_busy"]
    skus: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=40)] = []


class Fail(Body):
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    back: bool = False


@doors.get("/offers/{offer_id}", who={"salesman"})
def show_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Show an offer to a salesman it was made to: goods, distance, cash to collect, deadline."""
    return find.offer_for(call.principal.id, offer_id)


@doors.post("/offers/{offer_id}/claim", who={"salesman"})
def claim_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Claim an order; the first of those invited wins it, and the units are held on his van."""
    claim(call.principal.id, offer_id)
    return find.offer_for(call.principal.id, offer_id)


@doors.post("/offers/{offer_id}/decline", who={"salesman"})
def decline_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Say no to an offer; the last no gives the order to the warehouse at once."""
    decline(call.principal.id, offer_id)
    return find.offer_for(call.principal.id, offer_id)


@doors.get("/o/{token}", who=EVERYONE, query=Lang, kind="text/html")
def open_link(call: Call, token: str) -> Answer:
    """Show the offer of a claim link as a page with a claim button; opening it never claims."""
    return _linked(token, call.query.lang)


@doors.post("/o/{token}/claim", who=EVERYONE, query=Lang, status=303)
def claim_by_link(call: Call, token: str) -> Answer:
    """Claim the offer of a claim link, then show it again with the address."""
    lang = call.query.lang
    link = load_link(token)
    if link is None:
        return html(page.unknown_page(lang), 404)
    offer_id, staff = link
    try:
        claim(staff, offer_id)
    except Problem as refused:
        return _linked(token, lang, refused)
    # Back to a GET, relative because our address is not for a Host header to say.
    return Answer("", 303, {"Location": f"../{token}" + ("?lang=en" if lang == "en" else "")})


def _linked(token: str, lang: str, refused: Problem | None = None) -> Answer:
    link = load_link(token)
    offer = load_offer(link[0]) if link else None
    if link is None or offer is None:
        return html(page.unknown_page(lang), 404)
    expire_if_due(offer, clock.now())
    told = find.offer_for(link[1], offer.id)
    said = page.offer_page(token, told, lang, _zone(offer, link[1]), refused.code if refused else "")
    return html(said, status_of(refused) if refused else 200)


def _zone(offer: Offer, staff: str) -> str:
    van = places.locations().get(offer.invitation(staff).location)
    return van.zone if van else config.zone()


@doors.get("/orders/{order_id}/routing", who=STAFF)
def show_routing(call: Call, order_id: str) -> dict[str, Any]:
    """Tell why an order went where it went: every candidate with distance, age of position, stock and reason."""
    load_order(call.principal, order_id)
    return find.routing(order_id)


@doors.get("/orders/{order_id}/delivery", who=CUSTOMER | STAFF)
def show_delivery(call: Call, order_id: str) -> dict[str, Any]:
    """Tell who brings an order, by first name, and by when."""
    load_order(call.principal, order_id)
    return {"order_id": order_id, "brought_by": find.bringer(order_id)}


@doors.post("/orders/{order_id}/call-me", who=CUSTOMER | STAFF)
def call_me(call: Call, order_id: str) -> dict[str, Any]:
    """Ask whoever brings an order to call its customer; again within ten minutes changes nothing."""
    load_order(call.principal, order_id)
    return ask_for_call(call.principal, order_id)


@doors.post("/orders/{order_id}/reroute", who={"owner", "agent"})
def reroute_order(call: Call, order_id: str) -> dict[str, Any]:
    """Look again for somebody to bring what nobody could; does nothing when nothing is missing."""
    load_order(call.principal, order_id)
    reroute(order_id, "asked")
    return find.routing(order_id)


@doors.get("/fulfillments", who=ON_THE_ROAD, query=WorkOf)
def list_work(call: Call) -> dict[str, Any]:
    """List the open work of a location, oldest first, or `of=awaiting` what waits there for goods on their way."""
    location, of = call.query.location or call.principal.location or "", call.query.of
    items, after = find.work_list(call.principal, location, cursor(call.query.cursor, f"{of}#{location}"), of)
    return listed(items, after, f"{of}#{location}")


@doors.post("/fulfillments/{fulfillment_id}/accept", who=AT_THE_SHELF)
def accept_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Begin with an assigned fulfillment; an offer of the same goods ends with that."""
    return _stepped(accept, call.principal, fulfillment_id)


@doors.post("/fulfillments/{fulfillment_id}/reject", who=AT_THE_SHELF, body=Reject, example={"reason": "not_found"})
def reject_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Say no with a reason, which decides what becomes of the units; somebody else is found by itself."""
    return _stepped(reject, call.principal, fulfillment_id, call.body.reason, call.body.skus)


@doors.post("/fulfillments/{fulfillment_id}/pick", who=AT_THE_SHELF)
def pick_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Begin picking."""
    return _stepped(pick, call.principal, fulfillment_id)


@doors.post("/fulfillments/{fulfillment_id}/ready", who=AT_THE_SHELF)
def ready_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Mark it packed and ready to go."""
    return _stepped(ready, call.principal, fulfillment_id)


@doors.post("/fulfillments/{fulfillment_id}/dispatch", who=ON_THE_ROAD)
def dispatch_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Send it on its way; refused while a tender that must come first has not."""
    return _stepped(dispatch, call.principal, fulfillment_id)


@doors.post("/fulfillments/{fulfillment_id}/deliver", who=ON_THE_ROAD)
def deliver_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Hand it to the customer; cash on delivery goes into the caller's till."""
    return _stepped(deliver, call.principal, fulfillment_id)


@doors.post("/fulfillments/{fulfillment_id}/fail", who=ON_THE_ROAD, body=Fail, example={"reason": "nobody at home"})
def fail_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Note a failed attempt; with `back`, after one, the goods return into stock."""
    return _stepped(fail, call.principal, fulfillment_id, call.body.reason, call.body.back)


@doors.post("/fulfillments/{fulfillment_id}/handover", who=AT_THE_SHELF)
def hand_over_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Hand it to the customer who came to collect it."""
    return _stepped(handover, call.principal, fulfillment_id)


def _stepped(verb: Callable[..., Fulfillment], principal: Principal, fulfillment_id: str, *said: Any) -> dict[str, Any]:
    """What it has become; whom to bring it to and what to collect stand in the list, which need not be read again."""
    return find.brief(verb(principal, fulfillment_id, *said))
