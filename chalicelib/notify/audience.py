"""Who has to hear of an event as things stand now, and what each may be told.

Run again later, the same event answers only those it still concerns: whom to remind is never remembered, it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from chalicelib.customers.find import living
from chalicelib.kit import auth, clock, config
from chalicelib.kit.journal import JournalEntry
from chalicelib.kit.money import format_money
from chalicelib.notify import words
from chalicelib.notify.model import NOTICES, Message, Notice, Recipient
from chalicelib.notify.scene import Scene
from chalicelib.orders.draft import find_draft
from chalicelib.orders.draft import order_link as pay_link
from chalicelib.orders.model import CancelCause
from chalicelib.places import find as places
from chalicelib.places.model import Staff

AT_THE_COUNTER = {"cash", "cod"}  # who pays into a hand needs no message that it arrived

Rule = Callable[[Scene, Notice], Iterator[Message]]


def messages(told: JournalEntry) -> list[Message]:
    """One for each party, whatever number of rules or fulfillments names it."""
    if told.event is None:
        return []
    scene = Scene(told)
    listed = [message for notice in NOTICES.get(told.kind, ()) for message in RULES[notice.audience](scene, notice)]
    return list({message.recipient.party: message for message in listed}.values())


def customer(scene: Scene, notice: Notice) -> Iterator[Message]:
    order = scene.order
    contact = order.contact
    if not (contact.get("phone") or contact.get("email")):
        return
    language = contact.get("language", "id")
    who = Recipient(f"customer#{order.id}", contact.get("phone", ""), contact.get("email", ""), language, order.caller)
    facts = scene.order_facts() | {"link": order_link(order), "bringer": order.bringer}
    yield scene.message(who, notice, facts)


def shopper(scene: Scene, notice: Notice) -> Iterator[Message]:
    if scene.event.method != "handover":  # he stands at the counter with the goods in his hand
        yield from customer(scene, notice)


def seller(scene: Scene, notice: Notice) -> Iterator[Message]:
    """Whose order it is, when somebody else wrote it down for him; what he sells himself is no news to him."""
    person = places.staff().get(scene.event.made_by)
    if person and person.active and person.id != scene.told.actor:
        yield scene.message(of_staff(person), notice, {"number": scene.number})


def drafted_for(scene: Scene, notice: Notice) -> Iterator[Message]:
    """A draft is no order yet; once it has become one, its link needs no more telling."""
    draft = find_draft(scene.event.order_id)
    known = living(draft.command.customer_id) if draft and draft.command.customer_id else None
    reach = (draft.command.contact or known) if draft else None
    if draft is None or reach is None or not (reach.phone or reach.email):
        return
    who = Recipient(f"customer#{draft.id}", reach.phone, reach.email)
    link = pay_link(draft.id, draft.token)
    yield scene.message(who, notice, {"number": scene.number, "total": format_money(draft.total), "link": link})


def payer(scene: Scene, notice: Notice) -> Iterator[Message]:
    if scene.event.method not in AT_THE_COUNTER:
        yield from customer(scene, notice)


def leaver(scene: Scene, notice: Notice) -> Iterator[Message]:
    if scene.event.cause != CancelCause.PAYMENT_EXPIRED:
        yield from customer(scene, notice)


def late_payer(scene: Scene, notice: Notice) -> Iterator[Message]:
    if scene.event.cause == CancelCause.PAYMENT_EXPIRED:
        yield from customer(scene, notice)


def invited(scene: Scene, notice: Notice) -> Iterator[Message]:
    """Only while the offer can be claimed, and not whoever has said no."""
    offer = scene.open_offer()
    if offer is None:
        return
    for invitation in offer.invited:
        person = places.staff().get(invitation.staff)
        if person is None or not person.active or person.id in offer.declined:
            continue
        facts = scene.order_facts() | {
            "goods": scene.goods(offer.wanted),
            "kilometers": words.kilometers(invitation.distance_meters, person.language),
            "until": scene.hour(offer.expires_at),
            "link": claim_link(offer.id, person.id),
        }
        kept = {
            "offer": offer.id,
            "goods": sorted(offer.wanted.items()),
            "distance_meters": invitation.distance_meters,
            "until": clock.iso(offer.expires_at),
        }
        yield scene.message(of_staff(person), notice, facts, kept)


def standby(scene: Scene, notice: Notice) -> Iterator[Message]:
    """Logistics is told at the same moment as the salesmen, and ships unless one of them claims."""
    if salesmen_asked(scene):
        yield from assigned(scene, notice)


def bringing(scene: Scene, notice: Notice) -> Iterator[Message]:
    if not salesmen_asked(scene):
        yield from assigned(scene, notice)


def salesmen_asked(scene: Scene) -> bool:
    """By this very event; what was routed again, or waited for goods, names none, and an offer that is out has told
    them itself."""
    if scene.told.kind in ("WorkRerouted", "BackorderFilled"):
        return scene.case.open_offer is not None
    return bool(scene.event.invited)


def assigned(scene: Scene, notice: Notice) -> Iterator[Message]:
    """Whose work still waits to be accepted."""
    for work in scene.untouched_work():
        goods = {piece.sku: piece.quantity for piece in work.pieces}
        facts = scene.order_facts() | {"goods": scene.goods(goods), "link": desk_link("fulfillments", work.id)}
        kept = {"fulfillment": work.id, "location": work.location, "goods": sorted(goods.items())}
        yield scene.message(of_location(work.location), notice, facts, kept)


def stood_down(scene: Scene, notice: Notice) -> Iterator[Message]:
    for work in scene.event.stood_down:
        facts = {"number": scene.number, "link": desk_link("fulfillments", work.fulfillment_id)}
        kept = {"fulfillment": work.fulfillment_id, "location": work.location}
        yield scene.message(of_location(work.location), notice, facts, kept)


def bringer(scene: Scene, notice: Notice) -> Iterator[Message]:
    """Who carries it, or the house it comes from; the customer's number stands in his work and not in a message."""
    event = scene.event
    person = places.staff().get(event.fulfiller)
    who = of_staff(person) if person and person.active else of_location(event.location)
    kept = {"fulfillment": event.fulfillment_id, "location": event.location}
    facts = {"number": scene.number, "link": desk_link("fulfillments", event.fulfillment_id)}
    yield scene.message(who, notice, facts, kept)


def finance(scene: Scene, notice: Notice) -> Iterator[Message]:
    if scene.proof_waits():
        yield from to_office(scene, notice, "finance")


def stranded(scene: Scene, notice: Notice) -> Iterator[Message]:
    if scene.is_stranded():
        yield from to_office(scene, notice, "owner")


def to_office(scene: Scene, notice: Notice, role: str) -> Iterator[Message]:
    goods = {line.sku: line.quantity for line in scene.order.lines}
    facts = scene.order_facts() | {"goods": scene.goods(goods), "link": desk_link("orders", scene.order.id)}
    yield scene.message(office(role), notice, facts, {"payment": getattr(scene.event, "payment_id", None)})


def receiving(scene: Scene, notice: Notice) -> Iterator[Message]:
    event = scene.event
    kept = {"transfer": event.transfer_id, "location": event.destination, "source": event.source}
    yield scene.message(of_location(event.destination), notice, {"source": event.source}, kept)


def verifying(scene: Scene, notice: Notice) -> Iterator[Message]:
    found = scene.verification()
    if found is not None:
        address, code = found
        way = {"email": address} if "@" in address else {"phone": address}
        yield scene.message(Recipient(f"customer#{scene.event.customer_id}", **way), notice, {"code": code})


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        *(customer, shopper, seller, drafted_for, payer, leaver, late_payer, verifying),
        *(invited, standby, bringing, assigned, stood_down, receiving, bringer),
        *(finance, stranded),
    )
}


def of_staff(person: Staff) -> Recipient:
    return Recipient(f"staff#{person.id}", person.phone, person.email, person.language)


def of_location(location_id: str) -> Recipient:
    """A team shares one inbox. Where the place has no phone or address of its own, its first person's serves."""
    place, team = places.locations().get(location_id), places.staff_at(location_id)
    phones = [place.phone if place else "", *(each.phone for each in team)]
    emails = [place.email if place else "", *(each.email for each in team)]
    language = team[0].language if team else "id"
    return Recipient(f"location#{location_id}", first(phones), first(emails), language)


def office(role: str) -> Recipient:
    """Owner or finance: one inbox for all who have the role, so that the first to see it answers for all."""
    people = sorted((each for each in places.staff().values() if each.active and each.role == role), key=lambda p: p.id)
    phone, email = first([each.phone for each in people]), first([each.email for each in people])
    return Recipient(f"role#{role}", phone, email, people[0].language if people else "id")


def first(values: list[str]) -> str:
    return next((value for value in values if value), "")


def order_link(order: Any) -> str:
    token = auth.order_token(order.id, order.token_version)
    return f"{config.base_url()}/pesanan/?id={quote(order.id)}&token={quote(token)}"


def claim_link(offer_id: str, staff_id: str) -> str:
    return config.base_url() + claim_path(offer_id, staff_id)


def claim_path(offer_id: str, staff_id: str) -> str:
    return f"/o/{auth.short_token('claim', offer_id, staff_id)}"


def desk_link(place: str, identifier: str) -> str:
    return f"{config.base_url()}/desk/#/{place}/{identifier}"
