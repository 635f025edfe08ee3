"""Rules that find the recipients of an event and build a message for each.

Rules read the current state. Run again later, they leave out recipients whom the event no longer concerns, so that an
escalation reminds only those it still does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from chalicelib.customers.find import resolve_merged
from chalicelib.fulfillment.model import is_ready_to_collect
from chalicelib.kit import auth, clock, config
from chalicelib.kit.journal import JournalEntry
from chalicelib.kit.money import format_money
from chalicelib.notify import message_templates
from chalicelib.notify.message_context import MessageContext
from chalicelib.notify.model import NOTICES, Message, Notice, Recipient
from chalicelib.orders.draft import find_draft
from chalicelib.orders.link import build_order_link
from chalicelib.orders.model import CancelCause
from chalicelib.places import find as places
from chalicelib.places.model import Staff
from chalicelib.sessions import one_time_code

COUNTER_METHODS = {"cash", "cod"}  # paid in person, so the customer needs no message about it

Rule = Callable[[MessageContext, Notice], Iterator[Message]]


def build_messages(entry: JournalEntry) -> list[Message]:
    """Return the messages about an event, at most one per party."""
    if entry.event is None:
        return []
    context = MessageContext(entry)
    messages = [
        message for notice in NOTICES.get(entry.kind, ()) for message in RULES[notice.recipient_rule](context, notice)
    ]
    return list({message.recipient.party: message for message in messages}.values())


def customer(context: MessageContext, notice: Notice) -> Iterator[Message]:
    order = context.order
    contact = order.contact
    if not (contact.get("phone") or contact.get("email")):
        return
    language = contact.get("language", "id")
    phone, email = contact.get("phone", ""), contact.get("email", "")
    recipient = Recipient(f"customer#{order.id}", phone, email, language, order.network_id)
    link = build_order_link(order.id, auth.order_token(order.id, order.token_version), language)
    facts = context.order_facts() | context.money_facts() | {"link": link, "carrier": order.carrier_name}
    yield context.build_message(recipient, notice, facts)


def customer_unless_handover(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.method != "handover":  # the customer received the goods at the counter
        yield from customer(context, notice)


def seller(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The member of staff who made the sale, if another recorded the order."""
    person = places.load_staff().get(context.event.made_by)
    if person and person.active and person.id != context.entry.actor:
        yield context.build_message(staff_to_recipient(person), notice, {"number": context.number})


def draft_customer(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The customer of a draft. Once the draft was submitted, no link is sent any more."""
    draft = find_draft(context.event.order_id)
    stored = resolve_merged(draft.command.customer_id) if draft and draft.command.customer_id else None
    contact = (draft.command.contact or stored) if draft else None
    if draft is None or contact is None or not (contact.phone or contact.email):
        return
    language = draft.command.language
    link = build_order_link(draft.id, draft.token, language)
    facts = {"number": context.number, "total": format_money(draft.total), "link": link}
    recipient = Recipient(f"customer#{draft.id}", contact.phone, contact.email, language or "id")
    yield context.build_message(recipient, notice, facts)


def customer_if_due(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The customer whose money was due. Cash is paid in person, so they need no message about it."""
    if context.event.method not in COUNTER_METHODS and not context.event.owed_minor:
        yield from customer(context, notice)


def customer_if_owed(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The customer whose money came when less or nothing was due any more, so that it is returned."""
    if context.event.owed_minor:
        yield from customer(context, notice)


def customer_if_requested(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.cause == CancelCause.REQUESTED:
        yield from customer(context, notice)


def customer_if_goods_gone(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.cause == CancelCause.GOODS_GONE:
        yield from customer(context, notice)


def customer_if_expired(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.cause == CancelCause.PAYMENT_EXPIRED:
        yield from customer(context, notice)


def customer_if_collectable(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The customer of a pickup order whose goods wait at the store, with its address and opening hours."""
    if not (context.event.collectable and is_ready_to_collect(context.order, context.order_fulfillment.fulfillments)):
        return
    store = places.load_locations().get(context.event.location)
    facts = {name: getattr(store, name, "") for name in ("address", "hours")} | {"store": getattr(store, "name", "")}
    for message in customer(context, notice):
        yield replace(message, facts={**message.facts, **facts})


def invited_salesmen(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """Invited salesmen who have not declined, while the offer can be claimed."""
    offer = context.find_open_offer()
    if offer is None:
        return
    for invitation in offer.invitations:
        person = places.load_staff().get(invitation.staff)
        if person is None or not person.active or person.id in offer.declined_by:
            continue
        facts = context.order_facts() | {
            "goods": context.format_goods(offer.demand),
            "kilometers": message_templates.format_kilometers(invitation.distance_meters, person.language),
            "until": context.format_time(offer.expires_at),
            "link": build_claim_link(offer.id, person.id, person.language),
        }
        inbox_facts = {
            "offer": offer.id,
            "goods": sorted(offer.demand.items()),
            "distance_meters": invitation.distance_meters,
            "until": clock.iso(offer.expires_at),
        }
        yield context.build_message(staff_to_recipient(person), notice, facts, inbox_facts)


def standby_location(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """Locations that ship unless a salesman claims the offer; notified at the same time as the salesmen."""
    if is_offered_to_salesmen(context):
        yield from assigned_location(context, notice)


def serving_location(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """Locations of work that is not offered to salesmen."""
    if not is_offered_to_salesmen(context):
        yield from assigned_location(context, notice)


def is_offered_to_salesmen(context: MessageContext) -> bool:
    """Whether the work is offered to salesmen. Events about rerouted or backordered work name no salesmen; they were
    notified when the offer was opened."""
    if context.entry.kind in ("WorkRerouted", "BackorderFilled"):
        return context.order_fulfillment.open_offer is not None
    return bool(context.event.invited)


def assigned_location(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """Locations of assigned work that is not accepted yet."""
    for work in context.list_unaccepted():
        goods = {allocation.sku: allocation.quantity for allocation in work.allocations}
        facts = context.order_facts() | {
            "goods": context.format_goods(goods),
            "link": build_desk_link("fulfillments", work.id),
        }
        inbox_facts = {"fulfillment": work.id, "location": work.location, "goods": sorted(goods.items())}
        yield context.build_message(location_to_recipient(work.location), notice, facts, inbox_facts)


def released_location(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """Locations whose work was cancelled or claimed by a salesman."""
    for work in context.event.stood_down:
        facts = {"number": context.number, "link": build_desk_link("fulfillments", work.fulfillment_id)}
        inbox_facts = {"fulfillment": work.fulfillment_id, "location": work.location}
        yield context.build_message(location_to_recipient(work.location), notice, facts, inbox_facts)


def reduced_location(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """Locations that have fewer units to bring than before."""
    for work in context.event.reduced_work:
        cancelled = {line.sku: line.quantity for line in work.cancelled}
        facts = {"number": context.number, "link": build_desk_link("fulfillments", work.fulfillment_id)}
        inbox_facts = {"fulfillment": work.fulfillment_id, "location": work.location}
        inbox_facts["goods"] = sorted(cancelled.items())
        yield context.build_message(location_to_recipient(work.location), notice, facts, inbox_facts)


def fulfiller(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The person who delivers, else the location. The customer's phone number is on the linked page only."""
    event = context.event
    person = places.load_staff().get(event.fulfiller)
    recipient = staff_to_recipient(person) if person and person.active else location_to_recipient(event.location)
    inbox_facts = {"fulfillment": event.fulfillment_id, "location": event.location}
    facts = {"number": context.number, "link": build_desk_link("fulfillments", event.fulfillment_id)}
    yield context.build_message(recipient, notice, facts, inbox_facts)


def finance_if_proof_pending(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.is_proof_pending():
        yield from build_role_message(context, notice, "finance")


def finance_if_refund_owed(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.owed_minor and context.is_refund_owed():
        yield from build_role_message(context, notice, "finance")


def owner_if_stranded(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.is_stranded():
        yield from build_role_message(context, notice, "owner")


def build_role_message(context: MessageContext, notice: Notice, role: str) -> Iterator[Message]:
    goods = {line.sku: line.quantity for line in context.order.lines}
    facts = context.order_facts() | {
        "goods": context.format_goods(goods),
        "link": build_desk_link("orders", context.order.id),
    }
    facts |= context.money_facts()
    yield context.build_message(
        role_to_recipient(role), notice, facts, {"payment": getattr(context.event, "payment_id", None)}
    )


def receiving_location(context: MessageContext, notice: Notice) -> Iterator[Message]:
    event = context.event
    inbox_facts = {"transfer": event.transfer_id, "location": event.destination, "source": event.source}
    yield context.build_message(location_to_recipient(event.destination), notice, {"source": event.source}, inbox_facts)


def verifying_customer(context: MessageContext, notice: Notice) -> Iterator[Message]:
    verification = context.find_verification()
    if verification is not None:
        address, code = verification
        contact = {"email": address} if "@" in address else {"phone": address}
        recipient = Recipient(f"customer#{context.event.customer_id}", **contact, language=context.event.language)
        yield context.build_message(recipient, notice, {"code": code})


def signing_in_by_phone(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.identity == "phone":
        yield from build_sign_in_code(context, notice)


def signing_in_by_email(context: MessageContext, notice: Notice) -> Iterator[Message]:
    if context.event.identity == "email":
        yield from build_sign_in_code(context, notice)


def build_sign_in_code(context: MessageContext, notice: Notice) -> Iterator[Message]:
    """The member of staff who requested the code, unless it has expired."""
    event = context.event
    person = places.find_staff_uncached(event.staff)
    if person is not None and person.can_sign_in and context.now < clock.parse(event.expires_at):
        recipient = Recipient(f"sign_in#{event.attempt_id}", person.phone, person.email, person.language)
        yield context.build_message(recipient, notice, {"code": one_time_code.derive_code(event.attempt_id)})


def invited_staff(context: MessageContext, notice: Notice) -> Iterator[Message]:
    person = places.find_staff_uncached(context.event.staff)
    if person is not None and person.can_sign_in:
        recipient = Recipient(f"sign_in#{person.id}", person.phone, person.email, person.language)
        yield context.build_message(recipient, notice, {"link": f"{config.base_url()}/desk/"})


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        *(
            customer,
            customer_unless_handover,
            seller,
            draft_customer,
            customer_if_due,
            customer_if_owed,
            customer_if_requested,
            customer_if_expired,
            customer_if_goods_gone,
            customer_if_collectable,
            verifying_customer,
        ),
        *(
            invited_salesmen,
            standby_location,
            serving_location,
            assigned_location,
            released_location,
            reduced_location,
            receiving_location,
            fulfiller,
        ),
        *(finance_if_proof_pending, finance_if_refund_owed, owner_if_stranded),
        *(signing_in_by_phone, signing_in_by_email, invited_staff),
    )
}


def staff_to_recipient(person: Staff) -> Recipient:
    return Recipient(f"staff#{person.id}", person.phone, person.email, person.language)


def location_to_recipient(location_id: str) -> Recipient:
    """The location's inbox, shared by its team. Phone and e-mail default to those of the first member of the team."""
    location, team = places.load_locations().get(location_id), places.list_staff_at(location_id)
    phones = [location.phone if location else "", *(person.phone for person in team)]
    emails = [location.email if location else "", *(person.email for person in team)]
    language = team[0].language if team else "id"
    return Recipient(f"location#{location_id}", first_non_empty(phones), first_non_empty(emails), language)


def role_to_recipient(role: str) -> Recipient:
    """The inbox of a role, owner or finance, shared by all who have it, so that one of them acknowledges for all."""
    staff = [person for person in places.load_staff().values() if person.active and person.role == role]
    staff.sort(key=lambda person: person.id)
    phone = first_non_empty([person.phone for person in staff])
    email = first_non_empty([person.email for person in staff])
    return Recipient(f"role#{role}", phone, email, staff[0].language if staff else "id")


def first_non_empty(values: list[str]) -> str:
    return next((value for value in values if value), "")


def build_claim_link(offer_id: str, staff_id: str, language: str) -> str:
    return config.base_url() + build_claim_path(offer_id, staff_id) + ("?lang=en" if language == "en" else "")


def build_claim_path(offer_id: str, staff_id: str) -> str:
    return f"/o/{auth.short_token('claim', offer_id, staff_id)}"


def build_desk_link(page: str, identifier: str) -> str:
    return f"{config.base_url()}/desk/#/{page}/{identifier}"
