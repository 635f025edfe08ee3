"""What all channels say alike: the order form turned into `PlaceOrder`, with its words checked against the speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.channels.bodies import CartBody, DeliveryBody, LineBody, MoneyBody, PlaceOrderBody
from chalicelib.customers import reach
from chalicelib.customers.model import Contact
from chalicelib.kit import config, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, Invalid, NotSignedIn
from chalicelib.kit.money import Money
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder, Tender, Wanted
from chalicelib.orders.model import (
    Delivery,
    MayNotAgreePrices,
    MayNotOverridePrices,
    NoLocation,
    TooManyLines,
    WrongCurrency,
)

MOST_WANTED = 200
AGREE_PRICES = {"owner", "channel"}


def spoken(said: PlaceOrderBody, call: Call, *, location: str = "", delivery: Delivery | None = None) -> PlaceOrder:
    who = call.principal
    _only_what_he_may_say(said, who)
    return PlaceOrder(
        channel=said.channel,
        lines=wanted(said.lines),
        delivery=delivery or delivered(said.delivery, location),
        tenders=[Tender(each.method, money(each.amount), each.reason) for each in said.payments],
        principal=with_location(who, said.location),
        customer_id=_customer_id(said, who),
        contact=_contact(said),
        coupons=tuple(dict.fromkeys(code.upper() for code in said.coupons)),
        placement=said.placement,
        note=said.note,
        backorder=said.backorder,
        asked=_asked(said, call),
        placed_at=_aware(said.placed_at),
        freight=money(said.freight),
        ref=said.ref,
        caller="" if who.id else call.caller,
        made_by=said.actor,
    )


def written_by_agent(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    """By telephone or from a social post: an agent makes the order for a customer with a number or an address."""
    admit(call.principal, ["agent"])
    return must_be_reachable(spoken(said, call))


def admit(who: Principal, roles: Iterable[str]) -> None:
    """A channel's own people and the owner, who may act in every channel."""
    if who.role not in {*roles, "owner"}:
        raise Forbidden() if who.id else NotSignedIn()


def with_location(who: Principal, location: str) -> Principal:
    """The owner stands where he says he stands; everybody else where the staff list has him."""
    return replace(who, location=location or who.location) if who.role == "owner" else who


def wanted(lines: list[LineBody]) -> list[Wanted]:
    """Equal SKUs become one line: checked alone, each could promise the same last unit."""
    merged: dict[str, Wanted] = {}
    for line in lines:
        one = _wanted(line)
        before = merged.get(one.sku)
        if before and _terms(before) != _terms(one):
            raise Invalid(("lines", f"{one.sku} stands on two lines with two prices; make them one"))
        quantity = one.quantity + (before.quantity if before else 0)
        merged[one.sku] = Wanted(one.sku, quantity, one.agreed_price, one.agreed_discount, one.set_by_hand, one.reason)
    if len(merged) > MOST_WANTED:
        raise TooManyLines(most=MOST_WANTED)
    return list(merged.values())


def _wanted(line: LineBody) -> Wanted:
    agreed, override = line.agreed, line.override
    return Wanted(
        sku=line.sku,
        quantity=line.quantity,
        agreed_price=money(agreed.unit_price) if agreed else None,
        agreed_discount=agreed.discount_rate if agreed else Wanted.agreed_discount,
        set_by_hand=money(override.unit_price) if override else None,
        reason=override.reason if override else "",
    )


def _terms(line: Wanted) -> tuple[Any, ...]:
    return (line.agreed_price, line.agreed_discount, line.set_by_hand)


def money(said: MoneyBody | None) -> Money | None:
    if said is None:
        return None
    if said.currency != config.currency():
        raise WrongCurrency(ours=config.currency(), theirs=said.currency)
    return Money(said.amount, said.currency)


def delivered(said: DeliveryBody | None, here: str = "") -> Delivery:
    if said is None:
        return Delivery("ship")
    location = said.location or (here if said.method != "ship" else None)
    if said.method != "ship" and not location:
        raise NoLocation(("delivery.location", "say which one"))
    address = said.address.model_dump(exclude_none=True, exclude={"position"}) if said.address else None
    position = said.address.position if said.address else None
    point = {"lat": position.lat, "lon": position.lon} if position else None
    return Delivery(said.method, location, address, point)


def _only_what_he_may_say(said: PlaceOrderBody, who: Principal) -> None:
    agreed = any(line.agreed for line in said.lines) or said.placed_at or said.freight or said.ref or said.actor
    if agreed and who.role not in AGREE_PRICES:
        raise MayNotAgreePrices(("lines", "leave out agreed, placed_at, freight, ref and actor"))
    if any(line.override for line in said.lines) and who.role != "owner":
        raise MayNotOverridePrices()


def _customer_id(said: CartBody, who: Principal) -> str:
    known = said.customer.id if said.customer else ""
    if known and not (who.is_staff or who.role == "channel"):
        raise Invalid(("customer.id", "only staff name customers by id; say name and phone or e-mail"))
    return known


def _contact(said: CartBody) -> Contact | None:
    one = said.customer
    if one is None or not (one.name or one.phone or one.email):
        return None
    return reach.contact(one.name, one.phone, one.email, config.country())


def must_be_reachable(order: PlaceOrder) -> PlaceOrder:
    """Nobody can bring goods to a customer without a name and a place, or tell him anything without a phone or an
    e-mail. Of whom we know we know both."""
    if order.customer_id:
        return order
    one = order.contact
    if one is None or not (one.phone or one.email):
        raise Invalid(("customer", "say a name and a phone number or an e-mail address"))
    if order.delivery.method == "ship" and not _leads_somewhere(order.delivery):
        raise Invalid(("delivery.address", "say the street, the postcode or the position"))
    return order


def _leads_somewhere(delivery: Delivery) -> bool:
    address = delivery.address or {}
    return bool(delivery.point or address.get("street") or address.get("postcode"))


def _asked(said: PlaceOrderBody, call: Call) -> requests.Asked | None:
    """An order agreed elsewhere repeats itself by its `ref`, whatever key a second import may carry. Two marketplaces
    number their orders alike, so each has its refs for itself."""
    if not said.ref:
        return call.asked
    owner = call.principal.id if call.principal.role == "channel" else said.channel
    return requests.asked(owner, "ref", said.ref, said.model_dump(mode="json"))


def _aware(instant: datetime | None) -> datetime | None:
    if instant is not None and instant.tzinfo is None:
        raise Invalid(("placed_at", "needs a zone; write Z at its end for UTC"))
    return instant


Speaker = Callable[[PlaceOrderBody, Call], PlaceOrder]
