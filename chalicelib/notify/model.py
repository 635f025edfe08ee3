"""Which event is news to whom, in which words, over which channels, and how far it climbs when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import NotFound, Refused


@dataclass(frozen=True)
class Notice:
    """`audience` names a rule of `audience.py`, `template` the words. `channels` are tried in this order, the first at
    once unless `patient`; a notice that wants an `answer` climbs to the next when nobody acknowledges in time."""

    recipient_rule: str
    template: str
    channels: tuple[str, ...] = ()
    needs_acknowledgement: bool = False
    inbox_first: bool = False


def build_customer_notice(template: str, audience: str = "customer") -> Notice:
    """An e-mail costs a hundredth of an SMS; who gave none is reached on his phone."""
    return Notice(audience, template, ("email", "sms"))


def build_location_notice(audience: str, template: str) -> Notice:
    """A team looks into its inbox all day: the other channels wait until it did not."""
    return Notice(audience, template, ("email", "sms", "owner"), needs_acknowledgement=True, inbox_first=True)


def build_office_notice(audience: str, template: str) -> Notice:
    return Notice(audience, template, ("email", "owner"), needs_acknowledgement=True, inbox_first=True)


# A salesman is on the road: his phone buzzes at once, and again as an e-mail when he does not answer.
OFFER = Notice("invited_salesmen", "offer", ("sms", "email"), needs_acknowledgement=True)
RELEASED = Notice("released_location", "stand_down")

NOTICES: dict[str, tuple[Notice, ...]] = {
    "OrderPlaced": (build_customer_notice("placed", "customer_unless_handover"), Notice("seller", "sold")),
    "PayLinkRequested": (build_customer_notice("pay_link", "draft_customer"),),
    "LinkRenewed": (build_customer_notice("new_link"),),
    "ProofSubmitted": (build_office_notice("finance_if_proof_pending", "proof"),),
    "PaymentCaptured": (build_customer_notice("paid", "customer_unless_counter"),),
    "PaymentRejected": (build_customer_notice("proof_rejected"),),
    "OrderCancelled": (
        build_customer_notice("cancelled", "customer_unless_expired"),
        build_customer_notice("expired", "customer_if_expired"),
    ),
    "OfferOpened": (
        OFFER,
        Notice("standby_location", "assigned"),
        build_location_notice("serving_location", "yours_now"),
    ),
    "WorkRerouted": (Notice("standby_location", "assigned"), build_location_notice("serving_location", "yours_now")),
    "BackorderFilled": (Notice("standby_location", "assigned"), build_location_notice("serving_location", "yours_now")),
    "OfferExpired": (build_location_notice("assigned_location", "yours_now"),),
    "OfferDeclined": (build_location_notice("assigned_location", "yours_now"),),
    "OfferClaimed": (RELEASED,),
    "WorkCancelled": (RELEASED,),
    "OrderStranded": (Notice("owner_if_stranded", "stranded", ("email", "sms"), needs_acknowledgement=True),),
    "WorkDispatched": (build_customer_notice("dispatched"),),
    "CallRequested": (Notice("fulfiller", "call", ("sms",)),),
    "WorkDelivered": (build_customer_notice("delivered"),),
    "TransferSent": (Notice("receiving_location", "transfer"),),
    "VerificationRequested": (Notice("verifying_customer", "code", ("email", "sms")),),
}


class SendStatus(StrEnum):
    """What became of a message on one channel.

    `claimed` is written before sending, so a sender that died in between leaves it: nobody knows whether the message
    went out, and it is never sent again."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


SEND_TRANSITIONS: dict[SendStatus, set[SendStatus]] = {
    SendStatus.CLAIMED: {SendStatus.SENT, SendStatus.FAILED, SendStatus.UNKNOWN},
    SendStatus.SENT: set(),
    SendStatus.FAILED: set(),
    SendStatus.UNKNOWN: set(),
}


@dataclass(frozen=True)
class Recipient:
    """`party` is an inbox: `staff#…`, `location#…`, `role#…`, or a customer's `customer#…`, which only names him."""

    party: str
    phone: str = ""
    email: str = ""
    language: str = "id"
    caller: str = ""  # who made a customer's order, as `auth.caller` names him

    @property
    def is_customer(self) -> bool:
        return self.party.startswith("customer#")


@dataclass(frozen=True)
class Message:
    """`facts` are all that the words may speak of, for the carriers alone; `kept` stays in the inbox: ids and numbers,
    no person."""

    recipient: Recipient
    notice: Notice
    event_id: str
    subject: str
    sequence: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    inbox_facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def escalation_channels(self) -> tuple[str, ...]:
        return self.notice.channels

    @property
    def party(self) -> str:
        return self.recipient.party

    @property
    def escalates(self) -> bool:
        """Looked at again later: nobody may have answered, or the sender may have died in sending."""
        return bool(self.escalation_channels)


@dataclass(frozen=True)
class SmsLimits:
    """Where an SMS may go: country prefixes, so that nobody's premium numbers are called at our cost."""

    prefixes: tuple[str, ...]
    per_day: int
    per_staff: int
    per_customer: int
    per_range: int
    per_caller: int

    def per_recipient(self, recipient: Recipient) -> int:
        return self.per_customer if recipient.is_customer else self.per_staff


def find_next_step(ladder: Sequence[str], after: int, recipient: Recipient, allowed: SmsLimits) -> int | None:
    """The first rung from `after` on over which this recipient can be reached at all."""
    return next((i for i in range(after, len(ladder)) if is_reachable(ladder[i], recipient, allowed)), None)


def is_reachable(channel: str, recipient: Recipient, allowed: SmsLimits) -> bool:
    if channel == "sms":
        return allowed.per_day > 0 and bool(recipient.phone) and recipient.phone.startswith(allowed.prefixes)
    if channel == "email":
        return bool(recipient.email)
    return channel == "owner" and recipient.party != "role#owner"


class AlreadyNotified(Refused):
    message = "Everybody was told of event {event_id} before."


class BudgetSpent(Refused):
    """`budget` says which; `all` is the whole shop's."""

    message = "No more SMS today."


class AlreadySending(Refused):
    message = "This message went, or may have gone, over this channel before."


class NoSuchNotice(NotFound):
    message = "There is no such message in your inbox."
