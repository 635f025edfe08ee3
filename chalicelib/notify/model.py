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

    audience: str
    template: str
    channels: tuple[str, ...] = ()
    answer: bool = False
    patient: bool = False


def to_customer(template: str, audience: str = "customer") -> Notice:
    """An e-mail costs a hundredth of an SMS; who gave none is reached on his phone."""
    return Notice(audience, template, ("email", "sms"))


def to_location(audience: str, template: str) -> Notice:
    """A team looks into its inbox all day: the other channels wait until it did not."""
    return Notice(audience, template, ("email", "sms", "owner"), answer=True, patient=True)


def to_office(audience: str, template: str) -> Notice:
    return Notice(audience, template, ("email", "owner"), answer=True, patient=True)


# A salesman is on the road: his phone buzzes at once, and again as an e-mail when he does not answer.
OFFER = Notice("invited", "offer", ("sms", "email"), answer=True)
STAND_DOWN = Notice("stood_down", "stand_down")

NOTICES: dict[str, tuple[Notice, ...]] = {
    "OrderPlaced": (to_customer("placed", "shopper"), Notice("seller", "sold")),
    "PayLinkAsked": (to_customer("pay_link", "drafted_for"),),
    "LinkRenewed": (to_customer("new_link"),),
    "ProofSubmitted": (to_office("finance", "proof"),),
    "PaymentCaptured": (to_customer("paid", "payer"),),
    "PaymentRejected": (to_customer("proof_rejected"),),
    "OrderCancelled": (to_customer("cancelled", "leaver"), to_customer("expired", "late_payer")),
    "OfferOpened": (OFFER, Notice("standby", "assigned"), to_location("bringing", "yours_now")),
    "WorkRerouted": (Notice("standby", "assigned"), to_location("bringing", "yours_now")),
    "BackorderFilled": (Notice("standby", "assigned"), to_location("bringing", "yours_now")),
    "OfferExpired": (to_location("assigned", "yours_now"),),
    "OfferDeclined": (to_location("assigned", "yours_now"),),
    "OfferClaimed": (STAND_DOWN,),
    "WorkCancelled": (STAND_DOWN,),
    "OrderStranded": (Notice("stranded", "stranded", ("email", "sms"), answer=True),),
    "WorkDispatched": (to_customer("dispatched"),),
    "CallAsked": (Notice("bringer", "call", ("sms",)),),
    "WorkDelivered": (to_customer("delivered"),),
    "TransferSent": (Notice("receiving", "transfer"),),
    "VerificationAsked": (Notice("verifying", "code", ("email", "sms")),),
}


class SendStatus(StrEnum):
    """What became of a message on one channel.

    `claimed` is written before sending, so a sender that died in between leaves it: nobody knows whether the message
    went out, and it is never sent again."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


SENDS: dict[SendStatus, set[SendStatus]] = {
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
    kept: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ladder(self) -> tuple[str, ...]:
        return self.notice.channels

    @property
    def party(self) -> str:
        return self.recipient.party

    @property
    def climbs(self) -> bool:
        """Looked at again later: nobody may have answered, or the sender may have died in sending."""
        return bool(self.ladder)


@dataclass(frozen=True)
class Allowed:
    """Where an SMS may go: country prefixes, so that nobody's premium numbers are called at our cost."""

    prefixes: tuple[str, ...]
    per_day: int
    per_staff: int
    per_customer: int
    per_range: int
    per_caller: int

    def per_recipient(self, recipient: Recipient) -> int:
        return self.per_customer if recipient.is_customer else self.per_staff


def next_step(ladder: Sequence[str], after: int, recipient: Recipient, allowed: Allowed) -> int | None:
    """The first rung from `after` on over which this recipient can be reached at all."""
    return next((i for i in range(after, len(ladder)) if reachable(ladder[i], recipient, allowed)), None)


def reachable(channel: str, recipient: Recipient, allowed: Allowed) -> bool:
    if channel == "sms":
        return allowed.per_day > 0 and bool(recipient.phone) and recipient.phone.startswith(allowed.prefixes)
    if channel == "email":
        return bool(recipient.email)
    return channel == "owner" and recipient.party != "role#owner"


class AlreadyTold(Refused):
    says = "Everybody was told of event {event_id} before."


class BudgetSpent(Refused):
    """`budget` says which; `all` is the whole shop's."""

    says = "No more SMS today."


class AlreadySending(Refused):
    says = "This message went, or may have gone, over this channel before."


class NoSuchNotice(NotFound):
    says = "There is no such message in your inbox."
