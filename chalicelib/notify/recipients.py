"""Who has to hear of an event as things stand now, and what each may be told.

Run again later, the same event answers only those it still concerns: whom to remind is never remembered, it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from chalicelib.customers.find import resolve_merged
from chalicelib.kit import auth, clock, config
from chalicelib.kit.journal import JournalEntry
from chalicelib.kit.money import format_money
from chalicelib.notify import message_templates
from chalicelib.notify.message_context import MessageContext
from chalicelib.notify.model import NOTICES, Message, Notice, Recipient
from chalicelib.orders.draft import build_pay_link as pay_link
from chalicelib.orders.draft import find_draft
from chalicelib.orders.model import CancelCause
from chalicelib.places import find as places
from chalicelib.places.model import Staff

COUNTER_METHODS = {"cash", "cod"}  # who pays into a hand needs no message that it arrived

Rule = Callable[[MessageContext, Notice], Iterator[Message]]


def build_messages(told: JournalEntry) -> list[Message]:
    """One for each party, whatever number of rules or fulfillments names it."""
    if told.event is None:
        return []
    scene = MessageContext(told)
    listed = [
        message for notice in NOTICES.get(told.kind, ()) for message in RULES[notice.recipient_rule](scene, notice)
    ]
    return list({message.recipient.party: message for message in listed}.values())


def customer(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    order = scene.order
    contact = order.contact
    if not (contact.get("phone") or contact.get("email")):
        return
    language = contact.get("language", "id")
    who = Recipient(f"customer#{order.id}", contact.get("phone", ""), contact.get("email", ""), language, order.caller)
    facts = scene.order_facts() | {"link": build_order_link(order), "bringer": order.bringer}
    yield scene.build_message(who, notice, facts)


def customer_unless_handover(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if scene.event.method != "handover":  # he stands at the counter with the goods in his hand
        yield from customer(scene, notice)


def seller(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    """Whose order it is, when somebody else wrote it down for him; what he sells himself is no news to him."""
    person = places.load_staff().get(scene.event.made_by)
    if person and person.active and person.id != scene.entry.actor:
        yield scene.build_message(staff_to_recipient(person), notice, {"number": scene.number})


def draft_customer(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    """A draft is no order yet; once it has become one, its link needs no more telling."""
    draft = find_draft(scene.event.order_id)
    known = resolve_merged(draft.command.customer_id) if draft and draft.command.customer_id else None
    reach = (draft.command.contact or known) if draft else None
    if draft is None or reach is None or not (reach.phone or reach.email):
        return
    who = Recipient(f"customer#{draft.id}", reach.phone, reach.email)
    link = pay_link(draft.id, draft.token)
    yield scene.build_message(who, notice, {"number": scene.number, "total": format_money(draft.total), "link": link})


def customer_unless_counter(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if scene.event.method not in COUNTER_METHODS:
        yield from customer(scene, notice)


def customer_unless_expired(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if scene.event.cause != CancelCause.PAYMENT_EXPIRED:
        yield from customer(scene, notice)


def customer_if_expired(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if scene.event.cause == CancelCause.PAYMENT_EXPIRED:
        yield from customer(scene, notice)


def invited_salesmen(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    """Only while the offer can be claimed, and not whoever has said no."""
    offer = scene.open_offer()
    if offer is None:
        return
    for invitation in offer.invited:
        person = places.load_staff().get(invitation.staff)
        if person is None or not person.active or person.id in offer.declined:
            continue
        facts = scene.order_facts() | {
            "goods": scene.format_goods(offer.wanted),
            "kilometers": message_templates.format_kilometers(invitation.distance_meters, person.language),
            "until": scene.format_time(offer.expires_at),
            "link": build_claim_link(offer.id, person.id),
        }
        kept = {
            "offer": offer.id,
            "goods": sorted(offer.wanted.items()),
            "distance_meters": invitation.distance_meters,
            "until": clock.iso(offer.expires_at),
        }
        yield scene.build_message(staff_to_recipient(person), notice, facts, kept)


def standby_location(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    """Logistics is told at the same moment as the salesmen, and ships unless one of them claims."""
    if is_offered_to_salesmen(scene):
        yield from assigned_location(scene, notice)


def serving_location(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if not is_offered_to_salesmen(scene):
        yield from assigned_location(scene, notice)


def is_offered_to_salesmen(scene: MessageContext) -> bool:
    """By this very event; what was routed again, or waited for goods, names none, and an offer that is out has told
    them itself."""
    if scene.entry.kind in ("WorkRerouted", "BackorderFilled"):
        return scene.order_fulfillment.open_offer is not None
    return bool(scene.event.invited)


def assigned_location(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    """Whose work still waits to be accepted."""
    for work in scene.unaccepted_work():
        goods = {piece.sku: piece.quantity for piece in work.pieces}
        facts = scene.order_facts() | {
            "goods": scene.format_goods(goods),
            "link": build_desk_link("fulfillments", work.id),
        }
        kept = {"fulfillment": work.id, "location": work.location, "goods": sorted(goods.items())}
        yield scene.build_message(location_to_recipient(work.location), notice, facts, kept)


def released_location(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    for work in scene.event.stood_down:
        facts = {"number": scene.number, "link": build_desk_link("fulfillments", work.fulfillment_id)}
        kept = {"fulfillment": work.fulfillment_id, "location": work.location}
        yield scene.build_message(location_to_recipient(work.location), notice, facts, kept)


def fulfiller(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    """Who carries it, or the house it comes from; the customer's number stands in his work and not in a message."""
    event = scene.event
    person = places.load_staff().get(event.fulfiller)
    who = staff_to_recipient(person) if person and person.active else location_to_recipient(event.location)
    kept = {"fulfillment": event.fulfillment_id, "location": event.location}
    facts = {"number": scene.number, "link": build_desk_link("fulfillments", event.fulfillment_id)}
    yield scene.build_message(who, notice, facts, kept)


def finance_if_proof_pending(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if scene.is_proof_pending():
        yield from build_role_message(scene, notice, "finance")


def owner_if_stranded(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    if scene.is_stranded():
        yield from build_role_message(scene, notice, "owner")


def build_role_message(scene: MessageContext, notice: Notice, role: str) -> Iterator[Message]:
    goods = {line.sku: line.quantity for line in scene.order.lines}
    facts = scene.order_facts() | {
        "goods": scene.format_goods(goods),
        "link": build_desk_link("orders", scene.order.id),
    }
    yield scene.build_message(
        role_to_recipient(role), notice, facts, {"payment": getattr(scene.event, "payment_id", None)}
    )


def receiving_location(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    event = scene.event
    kept = {"transfer": event.transfer_id, "location": event.destination, "source": event.source}
    yield scene.build_message(location_to_recipient(event.destination), notice, {"source": event.source}, kept)


def verifying_customer(scene: MessageContext, notice: Notice) -> Iterator[Message]:
    found = scene.verification()
    if found is not None:
        address, code = found
        way = {"email": address} if "@" in address else {"phone": address}
        yield scene.build_message(Recipient(f"customer#{scene.event.customer_id}", **way), notice, {"code": code})


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        *(
            customer,
            customer_unless_handover,
            seller,
            draft_customer,
            customer_unless_counter,
            customer_unless_expired,
            customer_if_expired,
            verifying_customer,
        ),
        *(
            invited_salesmen,
            standby_location,
            serving_location,
            assigned_location,
            released_location,
            receiving_location,
            fulfiller,
        ),
        *(finance_if_proof_pending, owner_if_stranded),
    )
}


def staff_to_recipient(person: Staff) -> Recipient:
    return Recipient(f"staff#{person.id}", person.phone, person.email, person.language)


def location_to_recipient(location_id: str) -> Recipient:
    """A team shares one inbox. Where the place has no phone or address of its own, its first person's serves."""
    place, team = places.load_locations().get(location_id), places.list_staff_at(location_id)
    phones = [place.phone if place else "", *(each.phone for each in team)]
    emails = [place.email if place else "", *(each.email for each in team)]
    language = team[0].language if team else "id"
    return Recipient(f"location#{location_id}", first_non_empty(phones), first_non_empty(emails), language)


def role_to_recipient(role: str) -> Recipient:
    """Owner or finance: one inbox for all who have the role, so that the first to see it answers for all."""
    people = sorted(
        (each for each in places.load_staff().values() if each.active and each.role == role), key=lambda p: p.id
    )
    phone, email = first_non_empty([each.phone for each in people]), first_non_empty([each.email for each in people])
    return Recipient(f"role#{role}", phone, email, people[0].language if people else "id")


def first_non_empty(values: list[str]) -> str:
    return next((value for value in values if value), "")


def build_order_link(order: Any) -> str:
    token = auth.order_token(order.id, order.token_version)
    return f"{config.base_url()}/pesanan/?id={quote(order.id)}&token={quote(token)}"


def build_claim_link(offer_id: str, staff_id: str) -> str:
    return config.base_url() + build_claim_path(offer_id, staff_id)


def build_claim_path(offer_id: str, staff_id: str) -> str:
    return f"/o/{auth.short_token('claim', offer_id, staff_id)}"


def build_desk_link(place: str, identifier: str) -> str:
    return f"{config.base_url()}/desk/#/{place}/{identifier}"
