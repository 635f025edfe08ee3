"""Who buys. A phone number or e-mail is an identity; it joins people only once it has been verified.

An identity belongs to the customer whose staff wrote it down first, until somebody proves it to be his: proof beats
hearsay. Two customers become one only when both are verified, by a pointer that can be taken away again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit.errors import Declined, Refused
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money

IDENTITY_KINDS = ("phone", "email")
CODE_LIFETIME = timedelta(minutes=10)
MAX_CODE_TRIES = 5
MAX_CODES_PER_DAY = 5  # with five tries each, a guesser's chance at a number is 25 in a million a day
MAX_CODES_PER_CALLER_PER_DAY = 50  # whole towns share an address of their phone company
CODE_RESEND_INTERVAL = timedelta(seconds=60)


@dataclass(frozen=True)
class Contact:
    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Address:
    street: str
    city: str
    postcode: str
    country: str
    lat: float | None = None
    lon: float | None = None

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "street": self.street,
            "city": self.city,
            "postcode": self.postcode,
            "country": self.country,
        }
        return said if self.lat is None else said | {"position": {"lat": self.lat, "lon": self.lon}}


@dataclass(frozen=True)
class Customer:
    """`absorbed` are the customers merged into this one; `version` and `journal_hash` are its journal's head."""

    id: str
    name: str
    company: str = ""
    phone: str = ""
    email: str = ""
    address: Address | None = None
    price_group: str = ""
    terms_days: int = 0
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    phone_verified_at: datetime | None = None
    email_verified_at: datetime | None = None
    version: int = 0
    journal_hash: str = ""

    @property
    def is_verified(self) -> bool:
        return self.phone_verified_at is not None or self.email_verified_at is not None

    def identity(self, kind: str) -> str:
        return self.phone if kind == "phone" else self.email

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "company": self.company,
            "phone": self.phone,
            "email": self.email,
            "address": self.address.to_json() if self.address else None,
            "price_group": self.price_group,
            "terms_days": self.terms_days,
            "merged_into": self.merged_into,
            "verified": [kind for kind in IDENTITY_KINDS if getattr(self, f"{kind}_verified_at")],
        }


@dataclass(frozen=True)
class Credit:
    """`exposure` is what the limit carries already: open receivables and unpaid credit orders."""

    customer_id: str
    limit: Money
    exposure: Money
    terms_days: int = 0

    @property
    def left(self) -> Money:
        return self.limit - self.exposure


@dataclass(frozen=True)
class Identity:
    """`home` wrote it down or proved it; `customer_id` answers for it, another one while home is merged away."""

    kind: str
    value: str
    customer_id: str
    home: str
    verified_at: datetime | None = None


@dataclass(frozen=True)
class VerificationCode:
    """A verification code that is out. The code itself is nowhere: it is derived again from `id` when needed."""

    id: str
    customer_id: str
    kind: str
    value: str
    asked_at: datetime
    tries: int = 0

    @property
    def expires_at(self) -> datetime:
        return self.asked_at + CODE_LIFETIME

    def is_open(self, now: datetime) -> bool:
        return now < self.expires_at and self.tries < MAX_CODE_TRIES

    def is_recent(self, now: datetime) -> bool:
        return now < self.asked_at + CODE_RESEND_INTERVAL


class CreditLimitReached(Declined):
    message = "The credit limit is reached: {wanted} wanted, {left} left."

    def __init__(self, limit: Money, left: Money, wanted: Money) -> None:
        super().__init__(limit=limit, left=left, wanted=wanted, wanted_amount=wanted.minor, left_amount=left.minor)


class NoCreditTerms(Declined):
    message = "This customer has no credit terms; choose another way to pay, or let the owner grant a limit."


class CreditNotUsed(Refused):
    message = "More credit would be given back than was taken."


class IdentityTaken(Refused):
    message = "Another customer has this {kind} already."

    def __init__(self, kind: str, customer_id: str) -> None:
        super().__init__(kind=kind, customer=customer_id)


class NothingToVerify(Refused):
    message = "This customer has no {kind} to verify."


class WrongCode(Refused):
    """One answer for a wrong code, an old one, a used-up one and one never asked for: guessing teaches nothing."""

    message = "This code is not right, or no longer good; ask for a new one."


class AskedTooOften(Refused):
    message = "Too many codes went there today; try again tomorrow, or show yourself at a store."


class SamePerson(Refused):
    message = "These are one customer already."


class NotVerified(Refused):
    message = "Both customers need a verified phone or e-mail before they become one."

    def __init__(self, customers: list[str]) -> None:
        super().__init__(customers=customers)


class MergedElsewhere(Refused):
    message = "One of the two has already been merged; undo that first."

    def __init__(self, customer: str) -> None:
        super().__init__(customer=customer)


class NotMerged(Refused):
    message = "This customer is not merged into another."


@dataclass(frozen=True)
class CustomerSaved(Event):
    """A customer's record was made or changed; the limits are there when the same commit set one."""

    customer_id: str
    limit_minor: int | None = None  # the credit limit
    was_minor: int | None = None  # the credit limit before
    currency: str = ""  # of the limits


@dataclass(frozen=True)
class TermsGranted(Event):
    """A customer's credit limit, payment terms or price group was set."""

    customer_id: str
    limit_minor: int  # the credit limit
    was_minor: int  # the credit limit before
    currency: str
    terms_days: int  # days until a debt is due
    price_group: str = ""
    reason: str = ""


@dataclass(frozen=True)
class VerificationRequested(Event):
    """A customer wants to prove a phone number or an e-mail address; the sender derives the code from `ask_id`."""

    customer_id: str
    ask_id: str  # the journal never holds the code itself
    identity: str  # phone or email
    expires_at: str


@dataclass(frozen=True)
class WrongCodeGiven(Event):
    """Somebody typed a wrong verification code."""

    customer_id: str
    ask_id: str
    tries: int  # how many were wrong so far


@dataclass(frozen=True)
class IdentityVerified(Event):
    """A phone number or an e-mail address was proved to belong to a customer."""

    customer_id: str
    identity: str  # phone or email
    how: str  # by a code, or shown to staff


@dataclass(frozen=True)
class CustomersMerged(Event):
    """Two customers became one; the entry stands in the journals of both."""

    customer_id: str  # the one who is merged away
    into: str  # the one who goes on


@dataclass(frozen=True)
class CustomersUnmerged(Event):
    """A merge was undone; the entry stands in the journals of both."""

    customer_id: str  # the one who was merged away
    out_of: str  # the one who answered for both
