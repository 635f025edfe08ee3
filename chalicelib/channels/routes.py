"""Endpoints for orders, quotes, drafts, signed carts and placement links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.catalog import find as catalog
from chalicelib.channels import marketplace, order_form, placements, pos, sfa, web, whatsapp
from chalicelib.channels.bodies import LineBody, PlaceOrderBody, QuoteBody, Short
from chalicelib.channels.model import Placement
from chalicelib.kit import auth, idempotency
from chalicelib.kit.errors import Invalid, NotFound, Refused
from chalicelib.kit.idempotency import Replay, RequestWithdrawn
from chalicelib.kit.web import ApiResponse, Body, Call, Routes
from chalicelib.orders import draft
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.place import place
from chalicelib.orders.quote import quote_cart
from chalicelib.orders.withdraw import withdraw_request

endpoints = Routes(__name__)

COMMAND_BUILDERS: dict[str, Callable[[PlaceOrderBody, Call], PlaceOrder]] = {
    "web": web.build_command,
    "pos": pos.build_command,
    "sfa": sfa.build_command,
    "phone": order_form.build_agent_command,
    "social": order_form.build_agent_command,
    "whatsapp": whatsapp.build_command,
    "marketplace": marketplace.build_command,
}
DRAFT_CHANNELS = ("phone", "social", "whatsapp", "sfa")  # channels whose staff prepare orders for customers

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


@endpoints.post("/orders", body=PlaceOrderBody, idempotent=True, status=201, example=EXAMPLE)
def place_order(call: Call) -> ApiResponse:
    """Place an order in any channel. Prices, stock and payments are decided in one transaction."""
    try:
        with repeats_before_refusals(call):
            return ApiResponse(with_token(call, place(build_order_command(call))), 201)
    except Replay as replay:
        return ApiResponse(with_token(call, replay.answer), 200)


@endpoints.post(
    "/orders/withdraw",
    body=PlaceOrderBody,
    idempotent=True,
    idempotency_scope="POST /orders",
    example=EXAMPLE,
)
def withdraw_order_request(call: Call) -> dict[str, Any]:
    """Withdraw an order request whose answer was lost; send the same key and body, as the same caller.

    `answer` is the order if it was placed. Otherwise it is null, and the request is refused if it still arrives. A
    request that may not be placed may not be withdrawn either, with the same refusal.
    """
    answer = withdraw(call, build_order_command)
    return {"answer": with_token(call, answer) if answer else None}


@endpoints.post(
    "/quotes",
    body=QuoteBody,
    example={"channel": "web", "lines": [{"sku": "8990000000017", "quantity": 2}]},
)
def quote(call: Call) -> dict[str, Any]:
    """Price a cart and return its availability and its delivery and payment methods. Nothing is stored or reserved."""
    body: QuoteBody = call.body
    principal = call.principal
    if body.channel not in ("web", "whatsapp"):
        order_form.check_allowed(principal, f"order in {body.channel}")
    command = order_form.body_to_command(PlaceOrderBody(**body.model_dump()), call, location=principal.location or "")
    return quote_cart(replace(command, idempotency_key=None))


@endpoints.post(
    "/drafts",
    body=PlaceOrderBody,
    idempotent=True,
    status=201,
    example=EXAMPLE | {"channel": "phone"},
)
def create_draft(call: Call) -> dict[str, Any]:
    """Prepare an order that the customer can open and place by link. No stock is reserved yet."""
    with repeats_before_refusals(call):
        return draft.create(build_draft_command(call))


@endpoints.post(
    "/drafts/withdraw",
    body=PlaceOrderBody,
    idempotent=True,
    idempotency_scope="POST /drafts",
    example=EXAMPLE | {"channel": "phone"},
)
def withdraw_draft_request(call: Call) -> dict[str, Any]:
    """Withdraw a draft request whose answer was lost; send the same key and body. `answer` is the draft or null."""
    return {"answer": withdraw(call, build_draft_command)}


@endpoints.post("/carts", body=CartLinesBody, example={"lines": [{"sku": "8990000000017", "quantity": 2}]})
def sign_cart(call: Call) -> dict[str, str]:
    """Sign a cart for the WhatsApp button: SKUs and quantities, without prices."""
    return {"cart": whatsapp.sign_cart(call.body.lines)}


@endpoints.put(
    "/placements",
    body=PlacementBody,
    example={"code": "ig-bio", "channel": "social", "medium": "post"},
)
def save_placement(call: Call) -> dict[str, Any]:
    """Create or change a placement link."""
    if call.body.sku:
        catalog.check_skus_exist([call.body.sku], "sku")
    return placements.save_placement(Placement(**call.body.model_dump()), call.principal)


@endpoints.get("/l/{code}", status=302)
def follow_link(call: Call, code: str) -> ApiResponse:
    """Redirect from a post, advert or brochure to its page; the placement's code is added to the page's URL."""
    placement = placements.find_placement(code)
    page = placements.landing_url(placement) if placement else "/"
    return ApiResponse("", 302, {"Location": page, "Content-Type": "text/html"})


def withdraw(call: Call, build: Callable[[Call], PlaceOrder]) -> dict[str, Any] | None:
    """Return the answer of the request that `build` makes a command of, or None if it is withdrawn now or was before.

    Raises what the request itself would be refused with.
    """
    try:
        with repeats_before_refusals(call):
            return withdraw_request(build(call))
    except Replay as replay:
        return replay.answer
    except RequestWithdrawn:
        return None


@contextmanager
def repeats_before_refusals(call: Call) -> Iterator[None]:
    """Raise Replay instead of a refusal if the request was carried out before: the rules may have changed since, and
    the client must learn what happened then.
    """
    try:
        yield
    except (Invalid, NotFound, Refused):
        idempotency.check_repeat(call.idempotency_key)
        raise


def build_order_command(call: Call) -> PlaceOrder:
    command = build_command(call)
    if not command.tenders:
        raise Invalid(("payments", "send at least one payment method"))
    return command


def build_draft_command(call: Call) -> PlaceOrder:
    if call.body.channel not in DRAFT_CHANNELS:
        raise Invalid(("channel", f"drafts are possible in {', '.join(DRAFT_CHANNELS)}"))
    return build_command(call)


def build_command(call: Call) -> PlaceOrder:
    return COMMAND_BUILDERS[call.body.channel](call.body, call)


def with_token(call: Call, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with the order's token for shoppers. The token is derived, so a repeat gets it again."""
    if call.principal.id and call.body.channel != "whatsapp":
        return answer
    return answer | {"token": auth.order_token(answer["id"])}
