"""Endpoints of fulfillment: offers and claim links, a location's list, status changes, and the routing of an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.fulfillment import cancel_lines, claim_page, find
from chalicelib.fulfillment.accept import accept
from chalicelib.fulfillment.assign import assign
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
from chalicelib.fulfillment.send_again import send_again
from chalicelib.fulfillment.store import find_link, find_offer
from chalicelib.kit import clock
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import Replay
from chalicelib.kit.web import (
    ApiResponse,
    Body,
    Call,
    Query,
    Routes,
    html_response,
    page_to_json,
    read_cursor,
    status_of,
)
from chalicelib.orders.find import load_order
from chalicelib.orders.model import MAX_LINES, merge_demand
from chalicelib.orders.order_json import order_to_response, redact_for_customer
from chalicelib.places import find as places

endpoints = Routes(__name__)


class LangQuery(Query):
    lang: Literal["id", "en"] = "id"


class WorkQuery(Query):
    location: Annotated[str, Field(max_length=64)] = ""
    of: Literal["work", "awaiting"] = "work"
    cursor: Annotated[str, Field(max_length=2000)] | None = None


class Reject(Body):
    """`skus` are those not found or damaged, at least one; only a body without the field rejects all."""

    reason: Literal["not_found", "damaged", "closed", "too_busy"]
    skus: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(
        default_factory=list, min_length=1, max_length=40
    )


class CancelLine(Body):
    sku: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]


class CancelBody(Body):
    """`lines` are the units to cancel, at least one; only a body without the field cancels the whole order."""

    reason: Annotated[str, Field(min_length=2, max_length=200)]
    lines: list[CancelLine] = Field(default_factory=list, min_length=1, max_length=MAX_LINES)


class Fail(Body):
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    back: bool = False


@endpoints.get("/offers/{offer_id}")
def show_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Show an offer to a salesman it was made to: goods, distance, cash to collect, deadline."""
    return find.load_offer_as_json(call.principal.id, offer_id)


@endpoints.post("/offers/{offer_id}/claim")
def claim_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Claim an order; the first of the invited salesmen wins it, and its units are allocated on their van."""
    claim(call.principal.id, offer_id)
    return find.load_offer_as_json(call.principal.id, offer_id)


@endpoints.post("/offers/{offer_id}/decline")
def decline_offer(call: Call, offer_id: str) -> dict[str, Any]:
    """Decline an offer; the decline of the last invited salesman closes it."""
    decline(call.principal.id, offer_id)
    return find.load_offer_as_json(call.principal.id, offer_id)


@endpoints.get("/o/{token}", query=LangQuery, media_type="text/html")
def open_link(call: Call, token: str) -> ApiResponse:
    """Show the offer of a claim link as a page with a claim button; opening it never claims."""
    return _render_link(token, call.query.lang)


@endpoints.post("/o/{token}/claim", query=LangQuery, status=303)
def claim_by_link(call: Call, token: str) -> ApiResponse:
    """Claim the offer of a claim link, then show it again with the address."""
    lang = call.query.lang
    link = _find_usable_link(token)
    if link is None:
        return html_response(claim_page.render_unknown_page(lang), 404)
    offer_id, staff = link
    try:
        claim(staff, offer_id)
    except Problem as refused:
        return _render_link(token, lang, refused)
    # Relative, because an absolute address would depend on the Host header, which the client controls.
    return ApiResponse("", 303, {"Location": f"../{token}" + ("?lang=en" if lang == "en" else "")})


def _find_usable_link(token: str) -> tuple[str, str] | None:
    """Return (offer id, staff id) of a claim link, or None if its salesman no longer works here."""
    link = find_link(token)
    salesman = places.find_staff_uncached(link[1]) if link else None
    return link if salesman is not None and salesman.active else None


def _render_link(token: str, lang: str, refused: Problem | None = None) -> ApiResponse:
    link = _find_usable_link(token)
    offer = find_offer(link[0]) if link else None
    if link is None or offer is None:
        return html_response(claim_page.render_unknown_page(lang), 404)
    expire_if_due(offer, clock.now())
    body = find.load_offer_as_json(link[1], offer.id)
    page = claim_page.render_offer_page(token, body, lang, _offer_zone(offer, link[1]), refused.code if refused else "")
    return html_response(page, status_of(refused) if refused else 200)


def _offer_zone(offer: Offer, staff: str) -> str:
    return places.find_zone(offer.invitation(staff).location)


@endpoints.get("/orders/{order_id}/routing")
def show_routing(call: Call, order_id: str) -> dict[str, Any]:
    """Show the routing of an order: every van, warehouse and store with its distance, stock and verdict."""
    load_order(call.principal, order_id)
    return find.load_routing(order_id)


@endpoints.get("/orders/{order_id}/routing/replay")
def replay_routing(call: Call, order_id: str) -> dict[str, Any]:
    """Decide each stored routing decision of an order again, from its stored inputs; `same` compares the results."""
    load_order(call.principal, order_id)
    return page_to_json(find.replay_routing(order_id), None, "routing")


@endpoints.get("/orders/{order_id}/delivery")
def show_delivery(call: Call, order_id: str) -> dict[str, Any]:
    """Show the first name and latest arrival of the person who delivers, or the store where the goods are collected."""
    load_order(call.principal, order_id)
    return find.load_delivery(order_id)


@endpoints.post("/orders/{order_id}/call-me")
def call_me(call: Call, order_id: str) -> dict[str, Any]:
    """Request a call to the customer from the person who delivers; at most one request in ten minutes counts."""
    load_order(call.principal, order_id)
    return request_call(call.principal, order_id)


@endpoints.post("/orders/{order_id}/reroute")
def reroute_order(call: Call, order_id: str) -> dict[str, Any]:
    """Route the unassigned units of an order, for the first time or again; changes nothing when none are missing."""
    load_order(call.principal, order_id)
    assign(order_id)
    reroute(order_id, "asked")
    return find.load_routing(order_id)


@endpoints.post(
    "/orders/{order_id}/cancel",
    body=CancelBody,
    idempotent=True,
    idempotent_when=lambda body: bool(body.lines),
    example={"reason": "changed_my_mind"},
)
def cancel_order(call: Call, order_id: str) -> dict[str, Any]:
    """Cancel an order before its goods leave or after they came back, or units of it with `lines` and a key.

    Captured money is owed back; the rest of the order keeps its prices."""
    body: CancelBody = call.body
    if not body.lines:
        return order_to_response(call.principal, *cancel_lines.cancel_order(call.principal, order_id, body.reason))
    quantities = merge_demand([(line.sku, line.quantity) for line in body.lines])
    try:
        answer = cancel_lines.cancel_lines(call.principal, order_id, quantities, body.reason, call.idempotency_key)
    except Replay as replay:
        return replay.answer if call.principal.is_staff else redact_for_customer(replay.answer)
    return order_to_response(call.principal, *answer)


@endpoints.get("/fulfillments", query=WorkQuery)
def list_work(call: Call) -> dict[str, Any]:
    """List the open fulfillments of a location, oldest first; `of=awaiting` lists those that await expected goods."""
    location, of = call.query.location or call.principal.location or "", call.query.of
    items, after = find.list_fulfillments(
        call.principal, location, read_cursor(call.query.cursor, f"{of}#{location}"), of
    )
    return page_to_json(items, after, f"{of}#{location}")


@endpoints.post("/fulfillments/{fulfillment_id}/accept")
def accept_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Accept an assigned fulfillment; this closes an open offer of the same goods."""
    return _change_status(accept, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/reject", body=Reject, example={"reason": "not_found"})
def reject_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Reject a fulfillment with a reason, which decides what happens to its units; the order is then rerouted."""
    return _change_status(reject, call.principal, fulfillment_id, call.body.reason, call.body.skus)


@endpoints.post("/fulfillments/{fulfillment_id}/pick")
def pick_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Start picking a fulfillment."""
    return _change_status(pick, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/ready")
def ready_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Mark a fulfillment as packed and ready."""
    return _change_status(ready, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/dispatch")
def dispatch_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Dispatch a fulfillment; refused while a payment that must be captured first is not."""
    return _change_status(dispatch, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/deliver")
def deliver_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Mark a fulfillment as delivered; cash on delivery goes into the caller's till."""
    return _change_status(deliver, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/fail", body=Fail, example={"reason": "customer not at home"})
def fail_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Record a failed delivery attempt; `back`, after one, returns the goods to stock."""
    return _change_status(fail, call.principal, fulfillment_id, call.body.reason, call.body.back)


@endpoints.post("/fulfillments/{fulfillment_id}/send-again")
def send_work_again(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Send goods again that came back; the ordered units are routed like those of a new order."""
    return _change_status(send_again, call.principal, fulfillment_id)


@endpoints.post("/fulfillments/{fulfillment_id}/handover")
def hand_over_work(call: Call, fulfillment_id: str) -> dict[str, Any]:
    """Hand the goods to the customer who came to collect them."""
    return _change_status(handover, call.principal, fulfillment_id)


def _change_status(
    change: Callable[..., Fulfillment], principal: Principal, fulfillment_id: str, *args: Any
) -> dict[str, Any]:
    """Return the changed fulfillment without customer, address and cash: callers have these from the list."""
    return find.summary_to_json(change(principal, fulfillment_id, *args))
