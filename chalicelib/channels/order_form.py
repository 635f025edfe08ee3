"""Conversion of the order form into a `PlaceOrder` command, with the checks that all channels share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.channels.bodies import CartBody, DeliveryBody, LineBody, MoneyBody, PlaceOrderBody
from chalicelib.customers import contact_details
from chalicelib.customers.model import Contact
from chalicelib.kit import config, idempotency, policy
from chalicelib.kit.auth import Principal
from chalicelib.kit.currency import check_currency
from chalicelib.kit.errors import Forbidden, Invalid, NotFound, NotSignedIn
from chalicelib.kit.money import Money
from chalicelib.kit.policy import Relation
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.model import (
    Delivery,
    MayNotAgreePrices,
    MayNotOverridePrices,
    NoLocation,
    TooManyLines,
)
from chalicelib.places import find as places
from chalicelib.places.model import NoSuchLocation
from chalicelib.pricing.model import normalize_code

MAX_LINES = 200  # of a request; an order may have fewer, see orders.model.MAX_LINES


def body_to_command(
    body: PlaceOrderBody, call: Call, *, location: str = "", delivery: Delivery | None = None
) -> PlaceOrder:
    """Return the command of an order form. Raises Invalid, and refusals for fields that the caller's role may not set.

    `location` is the default location, `delivery` replaces the form's delivery.
    """
    principal = call.principal
    _check_privileged_fields(body, principal)
    if body.location and body.location not in places.load_locations():
        raise NoSuchLocation(("location", "is not one of ours"), location=body.location)
    return PlaceOrder(
        channel=body.channel,
        lines=merge_lines(body.lines),
        delivery=delivery or body_to_delivery(body.delivery, location),
        tenders=[Tender(tender.method, body_to_money(tender.amount), tender.reason) for tender in body.payments],
        principal=with_location(principal, body.location),
        customer_id=_read_customer_id(body, principal),
        contact=_read_contact(body),
        coupons=tuple(dict.fromkeys(map(normalize_code, body.coupons))),
        placement=body.placement,
        note=body.note,
        backorder=body.backorder,
        language=body.language or "",
        idempotency_key=order_idempotency_key(body, call),
        placed_at=body.placed_at,
        freight=body_to_money(body.freight),
        expected_total=body_to_money(body.expected_total),
        ref=body.ref,
        network_id="" if principal.id else call.network_id,
        made_by=body.actor,
    )


def build_agent_command(body: PlaceOrderBody, call: Call) -> PlaceOrder:
    """Return the command of an order that an agent takes by phone or from a social network."""
    check_allowed(call.principal, f"order in {body.channel}")
    return require_reachable_customer(body_to_command(body, call))


def check_allowed(principal: Principal, action: str) -> None:
    """Raise NotSignedIn or Forbidden unless kit/policy.py allows the caller's role this action."""
    if not policy.is_allowed(principal.role, action):
        raise Forbidden() if principal.id or principal.token else NotSignedIn()


def choose_location(principal: Principal, channel: str, named: str) -> str:
    """Return the location that sells: the one that is named, else the caller's. Raises NotFound for one out of reach,
    and NoLocation for a caller who sells at their own location and has none."""
    own = principal.location or ""
    if Relation.LOCATION not in policy.relations_of(principal.role, f"order in {channel}"):
        return named or own
    if not own:
        raise NoLocation(("location", "you have no store or van yet; ask the owner"))
    if named not in ("", own):
        raise NotFound()
    return own


def with_location(principal: Principal, location: str) -> Principal:
    """Return the principal at the location of the form if it is the owner; others have that of the staff list."""
    return replace(principal, location=location or principal.location) if principal.role == "owner" else principal


def merge_lines(lines: list[LineBody]) -> list[RequestedLine]:
    """Return one line per SKU: checked separately, two lines could both be promised the last unit.

    Raises Invalid if lines of one SKU have different prices, and TooManyLines.
    """
    merged: dict[str, RequestedLine] = {}
    for body in lines:
        line = _build_line(body)
        previous = merged.get(line.sku)
        if previous and _price_terms(previous) != _price_terms(line):
            raise Invalid(("lines", f"{line.sku} is on two lines with different prices; use one price"))
        merged[line.sku] = replace(line, quantity=line.quantity + previous.quantity) if previous else line
    if len(merged) > MAX_LINES:
        raise TooManyLines(most=MAX_LINES)
    return list(merged.values())


def _build_line(line: LineBody) -> RequestedLine:
    agreed, override = line.agreed, line.override
    return RequestedLine(
        sku=line.sku,
        quantity=line.quantity,
        agreed_price=body_to_money(agreed.unit_price) if agreed else None,
        agreed_discount=agreed.discount_rate if agreed else RequestedLine.agreed_discount,
        override_price=body_to_money(override.unit_price) if override else None,
        reason=override.reason if override else "",
    )


def _price_terms(line: RequestedLine) -> tuple[Any, ...]:
    return (line.agreed_price, line.agreed_discount, line.override_price)


def body_to_money(body: MoneyBody | None) -> Money | None:
    if body is None:
        return None
    check_currency(body.currency)
    return Money(body.amount, body.currency)


def body_to_delivery(body: DeliveryBody | None, default_location: str = "") -> Delivery:
    if body is None:
        return Delivery("ship")
    location = body.location or (default_location if body.method != "ship" else None)
    if body.method != "ship" and not location:
        raise NoLocation(("delivery.location", "name the location"))
    address = body.address.model_dump(exclude_none=True, exclude={"position"}) if body.address else None
    position = body.address.position if body.address else None
    point = {"lat": position.lat, "lon": position.lon} if position else None
    return Delivery(body.method, location, address, point)


def _check_privileged_fields(body: PlaceOrderBody, principal: Principal) -> None:
    agreed = any(line.agreed for line in body.lines) or body.placed_at or body.freight or body.ref or body.actor
    acts_for_others = body.actor and not policy.is_allowed(principal.role, "order made by other staff")
    if acts_for_others or (agreed and not policy.is_allowed(principal.role, "order at agreed prices")):
        raise MayNotAgreePrices(("lines", "leave out agreed, placed_at, freight, ref and actor"))
    if any(line.override for line in body.lines) and not policy.is_allowed(principal.role, "order at other prices"):
        raise MayNotOverridePrices()


def _read_customer_id(body: CartBody, principal: Principal) -> str:
    customer_id = body.customer.id if body.customer else ""
    if customer_id and not policy.is_allowed(principal.role, "order for a known customer"):
        raise Invalid(("customer.id", "only staff may send a customer id; send a name and a phone number or e-mail"))
    return customer_id


def _read_contact(body: CartBody) -> Contact | None:
    customer = body.customer
    if customer is None or not (customer.name or customer.phone or customer.email):
        return None
    address = body.delivery.address if body.delivery else None
    country = address.country if address else config.country()
    return contact_details.parse_contact(customer.name, customer.phone, customer.email, country)


def require_reachable_customer(command: PlaceOrder) -> PlaceOrder:
    """Return the command if its customer can be contacted and, when shipping, delivered to. Raises Invalid otherwise.

    A known customer has contact details already.
    """
    if command.customer_id:
        return command
    contact = command.contact
    if contact is None or not (contact.phone or contact.email):
        raise Invalid(("customer", "send a name and a phone number or an e-mail address"))
    if command.delivery.method == "ship" and not _has_destination(command.delivery):
        raise Invalid(("delivery.address", "send the street, the postcode or the position"))
    return command


def _has_destination(delivery: Delivery) -> bool:
    address = delivery.address or {}
    return bool(delivery.point or address.get("street") or address.get("postcode"))


def order_idempotency_key(body: PlaceOrderBody, call: Call) -> idempotency.IdempotencyKey | None:
    """Return the key of the request. An order with a `ref` is identified by it, even if a later
    import sends another key.

    The scope is the marketplace, because two marketplaces may use the same order number.
    """
    if not body.ref:
        return call.idempotency_key
    owner = call.principal.id if call.principal.role == "channel" else body.channel
    return idempotency.build_idempotency_key(owner, "ref", body.ref, body.model_dump(mode="json"))
