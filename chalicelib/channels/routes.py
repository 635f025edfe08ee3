"""The ways in: one order form, one quote, and short links; a channel with manners of its own has its own file."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.channels import marketplace, placements, pos, sfa, speech, web, whatsapp
from chalicelib.channels.bodies import LineBody, PlaceOrderBody, QuoteBody, Short
from chalicelib.channels.model import Placement
from chalicelib.channels.speech import Speaker
from chalicelib.kit import auth
from chalicelib.kit.errors import Forbidden, Invalid, NotSignedIn
from chalicelib.kit.requests import AlreadyAnswered
from chalicelib.kit.web import EVERYONE, Answer, Body, Call, Routes
from chalicelib.orders import draft
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.place import place
from chalicelib.orders.quote import quoted_json

doors = Routes(__name__)

SPEAKERS: dict[str, Speaker] = {
    "web": web.speak,
    "pos": pos.speak,
    "sfa": sfa.speak,
    "phone": speech.written_by_agent,
    "social": speech.written_by_agent,
    "whatsapp": whatsapp.speak,
    "marketplace": marketplace.speak,
}
DRAFTED = ("phone", "social", "whatsapp", "sfa")  # channels whose staff prepare orders for somebody else

EXAMPLE = {
    "channel": "web",
    "placement": "ig-bio",
    "customer": {"name": "Sari Wulandari", "phone": "081252981234", "email": "sari@example.com"},
    "lines": [{"sku": "8990000000017", "quantity": 1}],
    "delivery": {
        "method": "ship",
        "address": {
            "street": "Jl. Kenanga 5",
            "city": "Surabaya",
            "country": "ID",
            "position": {"lat": -7.28, "lon": 112.73},
        },
    },
    "payments": [{"method": "transfer"}],
    "note": "Pagar hijau",
}


class CartLinesBody(Body):
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=40)]


class PlacementBody(Body):
    code: Short
    channel: Short
    medium: Short
    sku: Annotated[str, StringConstraints(max_length=64)] = ""
    active: bool = True


@doors.post("/orders", who=EVERYONE, body=PlaceOrderBody, keyed=True, status=201, example=EXAMPLE)
def place_order(call: Call) -> Answer:
    """Place an order in any channel: priced, promised and journalled in one transaction, or refused with the reason."""
    command = spoken(call)
    if not command.tenders:
        raise Invalid(("payments", "say how it will be paid"))
    try:
        return Answer(with_token(call, place(command)), 201)
    except AlreadyAnswered as done:
        return Answer(with_token(call, done.answer), 200)


@doors.post(
    "/quotes",
    who=EVERYONE,
    body=QuoteBody,
    example={"channel": "web", "lines": [{"sku": "8990000000017", "quantity": 2}]},
)
def quote(call: Call) -> dict[str, Any]:
    """Price a cart and say what of it is there, how it can be delivered and paid; nothing is kept or held."""
    said: QuoteBody = call.body
    who = call.principal
    if said.channel not in ("web", "whatsapp") and not who.id:
        raise NotSignedIn()
    command = speech.spoken(PlaceOrderBody(**said.model_dump()), call, location=who.location or "")
    return quoted_json(replace(command, asked=None))


@doors.post(
    "/drafts",
    who={"owner", "agent", "salesman"},
    body=PlaceOrderBody,
    keyed=True,
    status=201,
    example=EXAMPLE | {"channel": "phone"},
)
def make_draft(call: Call) -> dict[str, Any]:
    """Prepare an order for a customer, who gets the same prices by link; nothing is held yet."""
    if call.body.channel not in DRAFTED:
        raise Invalid(("channel", f"drafts are made in {', '.join(DRAFTED)}"))
    return draft.make(spoken(call))


@doors.post("/carts", who=EVERYONE, body=CartLinesBody, example={"lines": [{"sku": "8990000000017", "quantity": 2}]})
def sign_cart(call: Call) -> dict[str, str]:
    """Sign a cart for the WhatsApp button: goods and quantities, never a price."""
    return {"cart": whatsapp.signed(call.body.lines)}


@doors.put(
    "/placements",
    who={"owner"},
    body=PlacementBody,
    example={"code": "ig-bio", "channel": "social", "medium": "post"},
)
def keep_placement(call: Call) -> dict[str, Any]:
    """Make or change a placement link."""
    return placements.keep(Placement(**call.body.model_dump()), call.principal)


@doors.get("/l/{code}", who=EVERYONE, status=302)
def follow(call: Call, code: str) -> Answer:
    """Lead from a post, advert or brochure to its page, keeping where the visitor came from."""
    found = placements.find(code)
    return Answer("", 302, {"Location": placements.landing(found) if found else "/", "Content-Type": "text/html"})


def spoken(call: Call) -> PlaceOrder:
    command = SPEAKERS[call.body.channel](call.body, call)
    if command.principal.role == "customer":  # a token of some other order says nothing about who is ordering
        raise Forbidden()
    return command


def with_token(call: Call, answer: dict[str, Any]) -> dict[str, Any]:
    """Shoppers get their order's token, again on every repeat; it is derived, never stored."""
    if call.principal.id and call.body.channel != "whatsapp":
        return answer
    return answer | {"token": auth.order_token(answer["id"])}
