"""Which events cause which notices: their recipients, template, channels and escalation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chalicelib.kit.errors import NotFound, Refused


@dataclass(frozen=True)
class Notice:
    """A notice to one kind of recipient. `recipient_rule` names a rule in `recipients.RULES`.

    `channels` are tried in this order, the first immediately, or after a timeout with `inbox_first`. With
    `needs_acknowledgement`, the next channel is used if the recipient does not acknowledge in time."""

    recipient_rule: str
    template: str
    channels: tuple[str, ...] = ()
    needs_acknowledgement: bool = False
    inbox_first: bool = False


def build_customer_notice(template: str, recipient_rule: str = "customer") -> Notice:
    """Return a notice to the customer by e-mail, else by SMS, which costs a hundred times as much."""
    return Notice(recipient_rule, template, ("email", "sms"))


def build_location_notice(recipient_rule: str, template: str) -> Notice:
    """Return a notice to a location's team, which checks its inbox all day; unacknowledged, it is escalated."""
    return Notice(recipient_rule, template, ("email", "sms", "owner"), needs_acknowledgement=True, inbox_first=True)


def build_office_notice(recipient_rule: str, template: str) -> Notice:
    """Return a notice to office staff, who get no SMS."""
    return Notice(recipient_rule, template, ("email", "owner"), needs_acknowledgement=True, inbox_first=True)


# SMS comes first because a salesman is on the road.
OFFER = Notice("invited_salesmen", "offer", ("sms", "email"), needs_acknowledgement=True)
RELEASED = Notice("released_location", "stand_down")
REFUND_OWED = build_office_notice("finance_if_refund_owed", "refund_owed")
CANCELLED = Notice("released_location", "cancelled_work")

NOTICES: dict[str, tuple[Notice, ...]] = {
    "OrderPlaced": (build_customer_notice("placed", "customer_unless_handover"), Notice("seller", "sold")),
    "PayLinkRequested": (build_customer_notice("pay_link", "draft_customer"),),
    "LinkRenewed": (build_customer_notice("new_link"),),
    "ProofSubmitted": (build_office_notice("finance_if_proof_pending", "proof"),),
    "PaymentCaptured": (
        build_customer_notice("paid", "customer_if_due"),
        build_customer_notice("paid_late", "customer_if_owed"),
        REFUND_OWED,
    ),
    "RefundRecorded": (build_customer_notice("refunded"),),
    "PaymentRejected": (build_customer_notice("proof_rejected"),),
    "OrderCancelled": (
        build_customer_notice("cancelled", "customer_if_requested"),
        build_customer_notice("expired", "customer_if_expired"),
        build_customer_notice("goods_gone", "customer_if_goods_gone"),
        REFUND_OWED,
    ),
    "OrderReduced": (
        build_customer_notice("reduced"),
        CANCELLED,
        Notice("reduced_location", "work_reduced"),
        REFUND_OWED,
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
    "WorkCancelled": (CANCELLED,),
    "OrderStranded": (Notice("owner_if_stranded", "stranded", ("email", "sms"), needs_acknowledgement=True),),
    "WorkReady": (build_customer_notice("ready", "customer_if_collectable"),),
    "WorkDispatched": (build_customer_notice("dispatched"),),
    "CallRequested": (Notice("fulfiller", "call", ("sms",)),),
    "WorkDelivered": (build_customer_notice("delivered"),),
    "TransferSent": (Notice("receiving_location", "transfer"),),
    "VerificationRequested": (Notice("verifying_customer", "code", ("email", "sms")),),
    "StaffInvited": (Notice("invited_staff", "invitation", ("sms", "email")),),
    "SignInRequested": (
        Notice("signing_in_by_phone", "sign_in_code", ("sms", "email")),
        Notice("signing_in_by_email", "sign_in_code", ("email", "sms")),
    ),
}


class SendStatus(StrEnum):
    """Outcome of a message on one channel.

    `claimed` is written before sending. If the process dies in between, the status stays `claimed`: the message may
    have been sent, so it is never sent again on this channel."""

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
    """A recipient. `party` is the key of an inbox: `staff#…`, `location#…` or `role#…`.

    `customer#…`, and `sign_in#…` for messages that let a member of staff in, are only ids; nobody opens such an inbox.
    """

    party: str
    phone: str = ""
    email: str = ""
    language: str = "id"
    network_id: str = ""  # of the shopper who placed the order, from `auth.network_id`

    @property
    def is_customer(self) -> bool:
        return self.party.startswith("customer#")

    @property
    def is_signing_in(self) -> bool:
        return self.party.startswith("sign_in#")


@dataclass(frozen=True)
class Message:
    """A notice to one recipient. `facts` are for the message text; `inbox_facts` are stored in the inbox and hold ids
    and numbers, no personal data."""

    recipient: Recipient
    notice: Notice
    event_id: str
    subject: str
    sequence: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    inbox_facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def party(self) -> str:
        return self.recipient.party

    @property
    def can_escalate(self) -> bool:
        """Whether the notice is checked again later, for a missing acknowledgement or a sender that died."""
        return bool(self.notice.channels)


@dataclass(frozen=True)
class SmsLimits:
    """Limits of SMS. Only numbers with these country prefixes get one, which excludes foreign premium numbers."""

    prefixes: tuple[str, ...]
    per_day: int
    per_staff: int
    per_customer: int
    per_range: int
    per_network: int
    sign_in_per_day: int  # a budget of its own: neither offers nor customers can use it up
    sign_in_per_number: int

    def per_day_for(self, recipient: Recipient) -> int:
        return self.sign_in_per_day if recipient.is_signing_in else self.per_day

    def per_recipient(self, recipient: Recipient) -> int:
        return self.per_customer if recipient.is_customer else self.per_staff


def find_next_step(channels: Sequence[str], start: int, recipient: Recipient, limits: SmsLimits) -> int | None:
    """Return the index of the first channel from `start` on that reaches the recipient, or None."""
    return next((i for i in range(start, len(channels)) if is_reachable(channels[i], recipient, limits)), None)


def is_reachable(channel: str, recipient: Recipient, limits: SmsLimits) -> bool:
    if channel == "sms":
        return (
            limits.per_day_for(recipient) > 0 and bool(recipient.phone) and recipient.phone.startswith(limits.prefixes)
        )
    if channel == "email":
        return bool(recipient.email)
    return channel == "owner" and recipient.party != "role#owner"


class AlreadyNotified(Refused):
    is_internal = True
    message = "The recipients of event {event_id} were notified before."


class BudgetSpent(Refused):
    """`budget` is the key of the budget; `all` is the shop's."""

    is_internal = True
    message = "The SMS budget of today is spent."


class AlreadySending(Refused):
    is_internal = True
    message = "This message was sent, or may have been sent, over this channel before."


class NoSuchNotice(NotFound):
    message = "Your inbox has no such notice."
