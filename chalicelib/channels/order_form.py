"""What all channels say alike: the order form turned into `PlaceOrder`, with its words checked against the speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.channels.bodies import CartBody, DeliveryBody, LineBody, MoneyBody, PlaceOrderBody
from chalicelib.customers import contact_details
from chalicelib.customers.model import Contact
from chalicelib.kit import config, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, Invalid, NotSignedIn
from chalicelib.kit.money import Money
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.model import (
    Delivery,
    MayNotAgreePrices,
    MayNotOverridePrices,
    NoLocation,
    TooManyLines,
    WrongCurrency,
)

MAX_LINES = 200
ROLES_WITH_AGREED_PRICES = {"owner", "channel"}


def body_to_command(
    body: PlaceOrderBody, call: Call, *, location: str = "", delivery: Delivery | None = None
) -> PlaceOrder:
    who = call.principal
    _check_privileged_fields(body, who)
    return PlaceOrder(
        channel=body.channel,
        lines=merge_lines(body.lines),
        delivery=delivery or body_to_delivery(body.delivery, location),
        tenders=[Tender(each.method, body_to_money(each.amount), each.reason) for each in body.payments],
        principal=with_location(who, body.location),
        customer_id=_read_customer_id(body, who),
        contact=_read_contact(body),
        coupons=tuple(dict.fromkeys(code.upper() for code in body.coupons)),
        placement=body.placement,
        note=body.note,
        backorder=body.backorder,
        idempotency_key=_idempotency_key(body, call),
        placed_at=_require_time_zone(body.placed_at),
        freight=body_to_money(body.freight),
        ref=body.ref,
        caller="" if who.id else call.network_id,
        made_by=body.actor,
    )


def build_agent_command(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    """By telephone or from a social post: an agent makes the order for a customer with a number or an address."""
    check_role(call.principal, ["agent"])
    return require_reachable_customer(body_to_command(said, call))


def check_role(who: Principal, roles: Iterable[str]) -> None:
    """A channel's own people and the owner, who may act in every channel."""
    if who.role not in {*roles, "owner"}:
        raise Forbidden() if who.id else NotSignedIn()


def with_location(who: Principal, location: str) -> Principal:
    """The owner stands where he says he stands; everybody else where the staff list has him."""
    return replace(who, location=location or who.location) if who.role == "owner" else who


def merge_lines(lines: list[LineBody]) -> list[RequestedLine]:
    """Equal SKUs become one line: checked alone, each could promise the same last unit."""
    merged: dict[str, RequestedLine] = {}
    for line in lines:
        one = _build_line(line)
        before = merged.get(one.sku)
        if before and _price_terms(before) != _price_terms(one):
            raise Invalid(("lines", f"{one.sku} stands on two lines with two prices; make them one"))
        quantity = one.quantity + (before.quantity if before else 0)
        merged[one.sku] = RequestedLine(
            one.sku, quantity, one.agreed_price, one.agreed_discount, one.override_price, one.reason
        )
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


def body_to_money(said: MoneyBody | None) -> Money | None:
    if said is None:
        return None
    if said.currency != config.currency():
        raise WrongCurrency(ours=config.currency(), theirs=said.currency)
    return Money(said.amount, said.currency)


def body_to_delivery(said: DeliveryBody | None, default_location: str = "") -> Delivery:
    if said is None:
        return Delivery("ship")
    location = said.location or (default_location if said.method != "ship" else None)
    if said.method != "ship" and not location:
        raise NoLocation(("delivery.location", "say which one"))
    address = said.address.model_dump(exclude_none=True, exclude={"position"}) if said.address else None
    position = said.address.position if said.address else None
    point = {"lat": position.lat, "lon": position.lon} if position else None
    return Delivery(said.method, location, address, point)


def _check_privileged_fields(said: PlaceOrderBody, who: Principal) -> None:
    agreed = any(line.agreed for line in said.lines) or said.placed_at or said.freight or said.ref or said.actor
    if agreed and who.role not in ROLES_WITH_AGREED_PRICES:
        raise MayNotAgreePrices(("lines", "leave out agreed, placed_at, freight, ref and actor"))
    if any(line.override for line in said.lines) and who.role != "owner":
        raise MayNotOverridePrices()


def _read_customer_id(said: CartBody, who: Principal) -> str:
    known = said.customer.id if said.customer else ""
    if known and not (who.is_staff or who.role == "channel"):
        raise Invalid(("customer.id", "only staff name customers by id; say name and phone or e-mail"))
    return known


def _read_contact(said: CartBody) -> Contact | None:
    one = said.customer
    if one is None or not (one.name or one.phone or one.email):
        return None
    return contact_details.parse_contact(one.name, one.phone, one.email, config.country())


def require_reachable_customer(order: PlaceOrder) -> PlaceOrder:
    """Nobody can bring goods to a customer without a name and a place, or tell him anything without a phone or an
    e-mail. Of whom we know we know both."""
    if order.customer_id:
        return order
    one = order.contact
    if one is None or not (one.phone or one.email):
        raise Invalid(("customer", "say a name and a phone number or an e-mail address"))
    if order.delivery.method == "ship" and not _has_destination(order.delivery):
        raise Invalid(("delivery.address", "say the street, the postcode or the position"))
    return order


def _has_destination(delivery: Delivery) -> bool:
    address = delivery.address or {}
    return bool(delivery.point or address.get("street") or address.get("postcode"))


def _idempotency_key(said: PlaceOrderBody, call: Call) -> idempotency.IdempotencyKey | None:
    """An order agreed elsewhere repeats itself by its `ref`, whatever key a second import may carry. Two marketplaces
    number their orders alike, so each has its refs for itself."""
    if not said.ref:
        return call.idempotency_key
    owner = call.principal.id if call.principal.role == "channel" else said.channel
    return idempotency.build_idempotency_key(owner, "ref", said.ref, said.model_dump(mode="json"))


def _require_time_zone(instant: datetime | None) -> datetime | None:
    if instant is not None and instant.tzinfo is None:
        raise Invalid(("placed_at", "needs a zone; write Z at its end for UTC"))
    return instant


CommandBuilder = Callable[[PlaceOrderBody, Call], PlaceOrder]
