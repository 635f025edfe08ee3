"""The order, offer, work or payment that an event is about, loaded on demand: most events cost one read, many none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from chalicelib.customers import verification_code
from chalicelib.fulfillment import store as work
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, Offer, OfferStatus, OrderFulfillment
from chalicelib.kit import clock, config, ids
from chalicelib.kit.journal import JournalEntry
from chalicelib.kit.money import Money, format_money
from chalicelib.notify import message_templates
from chalicelib.notify.model import Message, Notice, Recipient
from chalicelib.orders import find as orders
from chalicelib.orders import store as order_store
from chalicelib.orders.model import Order
from chalicelib.payments.model import PaymentStatus
from chalicelib.payments.store import find_payment


class MessageContext:
    """What the messages about one event are built from."""

    def __init__(self, entry: JournalEntry) -> None:
        self.entry = entry
        self.event: Any = entry.event
        self.now = clock.now()

    @cached_property
    def order_fulfillment(self) -> OrderFulfillment:
        """The order with all its fulfillments and offers."""
        return work.load_fulfillment_of_order(self.event.order_id)

    @cached_property
    def order(self) -> Order:
        if "order_fulfillment" in self.__dict__:  # cached, so that the order was read already
            return self.order_fulfillment.order
        return orders.load_order_unchecked(self.event.order_id)

    @property
    def number(self) -> str:
        """The order's number, derived from its id without reading the order."""
        return ids.short_number(self.event.order_id)

    def order_facts(self) -> dict[str, Any]:
        """Return the facts about the order that most templates use."""
        until = self.order.reserved_until
        return {
            "number": self.order.number,
            "total": format_money(self.order.total),
            "until": self.format_time(until) if until else "",
            "later": message_templates.format_days(day for line in self.order.lines for _, day in line.later),
        }

    def money_facts(self) -> dict[str, str]:
        """Return the event's money to be returned (`owed`) and returned (`amount`), empty where it has none."""
        names = {"owed": "owed_minor", "amount": "amount_minor"}
        amounts = {fact: getattr(self.event, field, 0) for fact, field in names.items()}
        currency = getattr(self.event, "currency", "")
        return {fact: format_money(Money(minor, currency)) if minor else "" for fact, minor in amounts.items()}

    def format_goods(self, units: Mapping[str, int]) -> str:
        names = {line.sku: line.name for line in self.order.lines}
        return message_templates.format_goods(
            [(names.get(sku, sku), quantity) for sku, quantity in sorted(units.items())]
        )

    def format_time(self, instant: datetime) -> str:
        return message_templates.format_time(instant, config.zone(), self.now)

    def find_open_offer(self) -> Offer | None:
        """Return the event's offer if it can still be claimed, or None. Events may arrive in any order."""
        offer = next((offer for offer in self.order_fulfillment.offers if offer.id == self.event.offer_id), None)
        return offer if offer and offer.status == OfferStatus.OPEN and not offer.is_due(self.now) else None

    def list_unaccepted(self) -> list[Fulfillment]:
        """Return the event's fulfillments that are still assigned and not accepted."""
        assigned_ids = {ref.fulfillment_id for ref in self.event.assigned}
        return [
            fulfillment
            for fulfillment in self.order_fulfillment.fulfillments
            if fulfillment.id in assigned_ids and fulfillment.status == FulfillmentStatus.ASSIGNED
        ]

    def is_proof_pending(self) -> bool:
        payment = find_payment(self.event.payment_id)
        return payment is not None and payment.status == PaymentStatus.PROOF_SUBMITTED

    def is_refund_owed(self) -> bool:
        return order_store.has_task(self.event.order_id, order_store.REFUND_OWED)

    def is_stranded(self) -> bool:
        return work.is_stranded(self.event.order_id)

    def find_verification(self) -> tuple[str, str] | None:
        """Return (phone number or e-mail, code), or None once the code has expired or was replaced."""
        return verification_code.find_code_to_send(self.event, self.now)

    def build_message(
        self,
        recipient: Recipient,
        notice: Notice,
        facts: Mapping[str, Any],
        inbox_facts: Mapping[str, Any] | None = None,
    ) -> Message:
        entry, order_id = self.entry, getattr(self.event, "order_id", None)
        stored = {
            name: value
            for name, value in {"order": order_id, **(inbox_facts or {})}.items()
            if value not in (None, "", [])
        }
        return Message(recipient, notice, entry.event_id, entry.subject, entry.sequence, facts, stored)
