"""Doors to the work: offers and their claim links, a location's list, each step, and why an order was routed so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.fulfillment import claim_page, find
from chalicelib.fulfillment.accept import accept
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
from chalicelib.fulfillment.request_call import request_call
from chalicelib.fulfillment.reroute import reroute
from chalicelib.fulfillment.store import find_link, find_offer
from chalicelib.kit import clock, config
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Problem
from chalicelib.kit.web import (
    CUSTOMER,
    EVERYONE,
    STAFF,
    ApiResponse,
    Body,
    Call,
    Query,
    Routes,
    page_to_json,
    read_cursor,
    status_of,
)
from chalicelib.kit.web import html_response as html
from chalicelib.orders.find import load_order
from chalicelib.places import find as places

endpoints = Routes(__name__)

PICKING_ROLES = {"owner", "warehouse", "cashier", "salesman"}
DELIVERY_ROLES = PICKING_ROLES | {"courier"}


class LangQuery(Query):
    lang: Literal["id", "en"] = "id"


class WorkQuery(Query):
    location: Annotated[str, Field(max_length=64)] = ""
    of: Literal["work", "awaiting"] = "work"
    cursor: Annotated[str, Field(max_length=2000)] | None = None


class Reject(Body):
    reason: Literal["not_found", "damaged", "closed", "too_busy"]
    skus: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=40)] = []


class Fail(Body):
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    back: bool = False


@endpoints.get("/offers/{offer_id}", roles={"salesman"})
def show_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Show an offer to a salesman it was made to: goods, distance, cash to collect, deadline."""
    return find.load_offer_as_json(call.principal.id, offer_id)


@endpoints.post("/offers/{offer_id}/claim", roles={"salesman"})
def claim_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Claim an order; the first of those invited wins it, and the units are held on his van."""
    claim(call.principal.id, offer_id)
    return find.load_offer_as_json(call.principal.id, offer_id)


@endpoints.post("/offers/{offer_id}/decline", roles={"salesman"})
def decline_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Say no to an offer; the last no gives the order to the warehouse at once."""
    decline(call.principal.id, offer_id)
    return find.load_offer_as_json(call.principal.id, offer_id)


@endpoints.get("/o/{token}", roles=EVERYONE, query=LangQuery, media_type="text/html")
def open_link(call: Call, token: str) -> ApiResponse:
    """Show the offer of a claim link as a page with a claim button; opening it never claims."""
    return _render_link(token, call.query.lang)


@endpoints.post("/o/{token}/claim", roles=EVERYONE, query=LangQuery, status=303)
def claim_by_link(call: Call, token: str) -> ApiResponse:
    """Claim the offer of a claim link, then show it again with the address."""
    lang = call.query.lang
    link = find_link(token)
    if link is None:
        return html(claim_page.render_unknown_page(lang), 404)
    offer_id, staff = link
    try:
        claim(staff, offer_id)
    except Problem as refused:
        return _render_link(token, lang, refused)
    # Back to a GET, relative because our address is not for a Host header to say.
    return ApiResponse("", 303, {"Location": f"../{token}" + ("?lang=en" if lang == "en" else "")})


def _render_link(token: str, lang: str, refused: Problem | None = None) -> ApiResponse:
    link = find_link(token)
    offer = find_offer(link[0]) if link else None
    if link is None or offer is None:
        return html(claim_page.render_unknown_page(lang), 404)
    expire_if_due(offer, clock.now())
    told = find.load_offer_as_json(link[1], offer.id)
    said = claim_page.render_offer_page(token, told, lang, _offer_zone(offer, link[1]), refused.code if refused else "")
    return html(said, status_of(refused) if refused else 200)


def _offer_zone(offer: Offer, staff: str) -> str:
    van = places.load_locations().get(offer.invitation(staff).location)
    return van.zone if van else config.zone()


@endpoints.get("/orders/{order_id}/routing", roles=STAFF)
def show_routing(call: Call, order_id: str) -> dict[str, Any]:
    """Tell why an order went where it went: every candidate with distance, age of position, stock and reason."""
    load_order(call.principal, order_id)
    return find.load_routing(order_id)


@endpoints.get("/orders/{order_id}/delivery", roles=CUSTOMER | STAFF)
def show_delivery(call: Call, order_id: str) -> dict[str, Any]:
    """Tell who brings an order, by first name, and by when."""
    load_order(call.principal, order_id)
    return {"order_id": order_id, "brought_by": find.find_carrier(order_id)}


@endpoints.post("/orders/{order_id}/call-me", roles=CUSTOMER | STAFF)
def call_me(call: Call, order_id: str) -> dict[str, Any]:
    """Ask whoever brings an order to call its customer; again within ten minutes changes nothing."""
    load_order(call.principal, order_id)
    return request_call(call.principal, order_id)


@endpoints.post("/orders/{order_id}/reroute", roles={"owner", "agent"})
def reroute_order(call: Call, order_id: str) -> dict[str, Any]:
    """Look again for somebody to bring what nobody could; does nothing when nothing is missing."""
    load_order(call.principal, order_id)
    reroute(order_id, "asked")
    return find.load_routing(order_id)


@endpoints.get("/fulfillments", roles=DELIVERY_ROLES, query=WorkQuery)
def list_work(call: Call) -> dict[str, Any]:
    """List the open work of a location, oldest first, or `of=awaiting` what waits there for goods on their way."""
    location, of = call.query.location or call.principal.location or "", call.query.of
    items, after = find.list_fulfillments(
        call.principal, location, read_cursor(call.query.cursor, f"{of}#{location}"), of
    )
    return page_to_json(items, after, f"{of}#{location}")


@endpoints.post("/fulfillments/{fulfillment_id}/accept", roles=PICKING_ROLES)
def accept_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Begin with an assigned fulfillment; an offer of the same goods ends with that."""
    return _change_status(accept, call.principal, fulfillment_id)


@endpoints.post(
    "/fulfillments/{fulfillment_id}/reject", roles=PICKING_ROLES, body=Reject, example={"reason": "not_found"}
)
def reject_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Say no with a reason, which decides what becomes of the units; somebody else is found by itself."""
    return _change_status(reject, call.principal, fulfillment_id, call.body.reason, call.body.skus)


@endpoints.post("/fulfillments/{fulfillment_id}/pick", roles=PICKING_ROLES)
def pick_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Begin picking."""
    return _change_status(pick, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/ready", roles=PICKING_ROLES)
def ready_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Mark it packed and ready to go."""
    return _change_status(ready, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/dispatch", roles=DELIVERY_ROLES)
def dispatch_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Send it on its way; refused while a tender that must come first has not."""
    return _change_status(dispatch, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/deliver", roles=DELIVERY_ROLES)
def deliver_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Hand it to the customer; cash on delivery goes into the caller's till."""
    return _change_status(deliver, call.principal, fulfillment_id)


@endpoints.post(
    "/fulfillments/{fulfillment_id}/fail", roles=DELIVERY_ROLES, body=Fail, example={"reason": "nobody at home"}
)
def fail_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Note a failed attempt; with `back`, after one, the goods return into stock."""
    return _change_status(fail, call.principal, fulfillment_id, call.body.reason, call.body.back)


@endpoints.post("/fulfillments/{fulfillment_id}/handover", roles=PICKING_ROLES)
def hand_over_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Hand it to the customer who came to collect it."""
    return _change_status(handover, call.principal, fulfillment_id)


def _change_status(
    verb: Callable[..., Fulfillment], principal: Principal, fulfillment_id: str, *said: Any
) -> dict[str, Any]:
    """What it has become; whom to bring it to and what to collect stand in the list, which need not be read again."""
    return find.summary_to_json(verb(principal, fulfillment_id, *said))
