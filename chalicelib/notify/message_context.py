"""What an event is about, looked at only as far as its audience asks: most events cost one read, many none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from chalicelib.customers import verification_code as verification_code
from chalicelib.fulfillment import store as work
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, Offer, OfferStatus, OrderFulfillment
from chalicelib.kit import clock, config, ids
from chalicelib.kit.journal import JournalEntry
from chalicelib.kit.money import format_money
from chalicelib.notify import message_templates
from chalicelib.notify.model import Message, Notice, Recipient
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order
from chalicelib.payments.model import PaymentStatus
from chalicelib.payments.store import find_payment


class MessageContext:
    def __init__(self, told: JournalEntry) -> None:
        self.entry = told
        self.event: Any = told.event
        self.now = clock.now()

    @cached_property
    def order_fulfillment(self) -> OrderFulfillment:
        """The order with all its work."""
        return work.load_fulfillment_of_order(self.event.order_id)

    @cached_property
    def order(self) -> Order:
        loaded = self.__dict__.get("order_fulfillment")
        return loaded.order if loaded else orders.load_order_unchecked(self.event.order_id)

    @property
    def number(self) -> str:
        """Of the order, without reading it."""
        return ids.short_number(self.event.order_id)

    def order_facts(self) -> dict[str, Any]:
        until = self.order.reserved_until
        return {
            "number": self.order.number,
            "total": format_money(self.order.total),
            "until": self.format_time(until) if until else "",
            "later": message_templates.format_days(on for line in self.order.lines for _, on in line.later),
        }

    def format_goods(self, units: Mapping[str, int]) -> str:
        names = {line.sku: line.name for line in self.order.lines}
        return message_templates.format_goods(
            [(names.get(sku, sku), quantity) for sku, quantity in sorted(units.items())]
        )

    def format_time(self, instant: datetime) -> str:
        return message_templates.format_time(instant, config.zone(), self.now)

    def open_offer(self) -> Offer | None:
        """The event's own offer while it can be claimed: a claim may have been heard of before the offer was."""
        found = next((each for each in self.order_fulfillment.offers if each.id == self.event.offer_id), None)
        return found if found and found.status == OfferStatus.OPEN and not found.is_due(self.now) else None

    def unaccepted_work(self) -> list[Fulfillment]:
        named = {each.fulfillment_id for each in self.event.assigned}
        return [
            each
            for each in self.order_fulfillment.fulfillments
            if each.id in named and each.status == FulfillmentStatus.ASSIGNED
        ]

    def is_proof_pending(self) -> bool:
        payment = find_payment(self.event.payment_id)
        return payment is not None and payment.status == PaymentStatus.PROOF_SUBMITTED

    def is_stranded(self) -> bool:
        return work.is_stranded(self.event.order_id)

    def verification(self) -> tuple[str, str] | None:
        """(phone number or e-mail, code); None once the code is old or replaced."""
        return verification_code.find_code_to_send(self.event, self.now)

    def build_message(
        self, who: Recipient, notice: Notice, facts: Mapping[str, Any], kept: Mapping[str, Any] | None = None
    ) -> Message:
        told = self.entry
        order_id = getattr(self.event, "order_id", None)
        listed = {"order": order_id, **(kept or {})}
        said = {name: value for name, value in listed.items() if value not in (None, "", [])}
        return Message(who, notice, told.event_id, told.subject, told.sequence, facts, said)
