"""Customers, identities, credit and verification codes: values, limits, refusals and events. Pure.

A phone number or e-mail address is an identity. It belongs to the customer for whom staff first recorded it, until
another customer verifies it. Two customers are merged only when both are verified, by a pointer that can be removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit.errors import Declined, Invalid, Refused, StaleVersion
from chalicelib.kit.events import Event
from chalicelib.kit.money import Money, total

IDENTITY_KINDS = ("phone", "email")
CODE_LIFETIME = timedelta(minutes=10)
MAX_CODE_TRIES = 5
# Of one caller for one number or address: a stranger spends only their own, so the owner still gets a code elsewhere.
MAX_CODES_PER_DAY = 5
MAX_CODES_PER_NUMBER_PER_DAY = 40  # of all callers: with five tries each, guessing succeeds 200 times in a million
MAX_CODES_PER_CALLER_PER_DAY = 50  # many customers of one mobile operator share an IP address
CODE_RESEND_INTERVAL = timedelta(seconds=60)


@dataclass(frozen=True)
class Contact:
    """Name, phone number (E.164) and e-mail address; missing ones are empty."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Address:
    """A postal address. `country` is an ISO 3166 code; `lat` and `lon` are degrees."""

    street: str
    city: str
    postcode: str
    country: str
    lat: float | None = None
    lon: float | None = None

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "street": self.street,
            "city": self.city,
            "postcode": self.postcode,
            "country": self.country,
        }
        return body if self.lat is None else body | {"position": {"lat": self.lat, "lon": self.lon}}


@dataclass(frozen=True)
class Customer:
    """A person or company that buys.

    `merged_into` is the customer this one was merged into; `absorbed` lists the ids merged into this one. `version`
    and `journal_hash` are the head of its journal.
    """

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
    """A credit limit and its use: `exposure` sums open receivables and unpaid credit orders."""

    customer_id: str
    limit: Money
    exposure: Money
    terms_days: int = 0

    @property
    def left(self) -> Money:
        """Credit that is still available; negative after an override or a lowered limit."""
        return self.limit - self.exposure


def join_exposure(credit: Credit, merged: Iterable[Credit]) -> Credit:
    """Return the credit with the exposure of merged customers added. The limit is that of the surviving customer."""
    exposures = [credit.exposure, *(other.exposure for other in merged)]
    return replace(credit, exposure=total(exposures, credit.limit.currency))


@dataclass(frozen=True)
class Identity:
    """A phone number or e-mail address and the customer it identifies.

    `original_customer_id` is the customer that recorded or verified it. `customer_id` is the one it identifies: the
    original customer, or the one that customer was merged into.
    """

    kind: str
    value: str
    customer_id: str
    original_customer_id: str
    verified_at: datetime | None = None


@dataclass(frozen=True)
class VerificationCode:
    """A requested verification code. The digits are not stored: they are derived from `id` when needed."""

    id: str
    customer_id: str
    kind: str
    value: str
    requested_at: datetime
    tries: int = 0

    @property
    def expires_at(self) -> datetime:
        return self.requested_at + CODE_LIFETIME

    def is_open(self, now: datetime) -> bool:
        return now < self.expires_at and self.tries < MAX_CODE_TRIES

    def is_recent(self, now: datetime) -> bool:
        return now < self.requested_at + CODE_RESEND_INTERVAL


class CreditLimitReached(Declined):
    message = "The credit limit is reached: {left} is left, {wanted} is needed."

    def __init__(self, limit: Money, left: Money, wanted: Money) -> None:
        super().__init__(limit=limit, left=left, wanted=wanted, wanted_amount=wanted.minor, left_amount=left.minor)


class NoCreditTerms(Declined):
    message = "This customer has no credit terms; choose another payment method, or ask the owner to grant a limit."


class CreditNotUsed(Refused):
    message = "This releases more credit than the customer has used."


class IdentityTaken(Refused):
    message = "Another customer already has this {kind}; open that customer instead."

    def __init__(self, kind: str, customer_id: str) -> None:
        super().__init__(kind=kind, customer=customer_id)
        self.kind, self.customer_id = kind, customer_id


class NothingToVerify(Refused):
    message = "This customer has no valid {kind} to verify."


class WrongCode(Refused):
    """The same answer for a wrong, expired, exhausted or never requested code, so that guessing reveals nothing."""

    message = "This code is wrong or has expired; request a new one."


class AskedTooOften(Refused):
    message = "Too many codes were requested today; try again tomorrow, or verify in a store."


class SamePerson(Refused):
    message = "Both ids are the same customer; choose two different customers."


class NotVerified(Refused):
    message = "Verify a phone or e-mail of both customers before merging them."

    def __init__(self, customers: list[str]) -> None:
        super().__init__(customers=customers)


class MergedElsewhere(Refused):
    message = "One of the two customers is already merged; unmerge it first."

    def __init__(self, customer: str) -> None:
        super().__init__(customer=customer)


class CustomerChanged(StaleVersion):
    """The customer was changed or merged since it was read; load it again."""


class NoSuchCustomer(Invalid):
    message = "There is no customer {customer}; choose one of the list of customers."


class NotASalesman(Invalid):
    message = "{staff} is not an active salesman; choose one of those in the list of staff."


class NotMerged(Refused):
    message = "This customer is not merged into another."


@dataclass(frozen=True)
class CustomerSaved(Event):
    """A customer was created or changed; the limit fields are set only if the credit limit changed too."""

    customer_id: str
    limit_minor: int | None = None  # the credit limit
    was_minor: int | None = None  # the credit limit before
    currency: str = ""  # of the limits


@dataclass(frozen=True)
class SalesmanAssigned(Event):
    """A customer was assigned to a salesman, who may share them with others."""

    customer_id: str
    salesman: str  # the member of staff


@dataclass(frozen=True)
class SalesmanUnassigned(Event):
    """A customer was taken from a salesman, who keeps only the orders that they placed or claimed."""

    customer_id: str
    salesman: str  # the member of staff


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
    """A customer requested a code to verify an identity; the sender derives the code from `ask_id`."""

    customer_id: str
    ask_id: str  # id of the VerificationCode; the digits are never journaled
    identity: str  # phone or email
    expires_at: str
    language: str = "id"  # of the message with the code


@dataclass(frozen=True)
class WrongCodeGiven(Event):
    """A wrong verification code was entered."""

    customer_id: str
    ask_id: str
    tries: int  # wrong tries so far, including this one


@dataclass(frozen=True)
class IdentityVerified(Event):
    """A phone number or e-mail address of a customer was verified."""

    customer_id: str
    identity: str  # phone or email
    how: str  # code or staff


@dataclass(frozen=True)
class CustomersMerged(Event):
    """Two customers were merged; the entry is in the journals of both."""

    customer_id: str  # the merged customer
    into: str  # the surviving customer


@dataclass(frozen=True)
class CustomersUnmerged(Event):
    """A merge was undone; the entry is in the journals of both."""

    customer_id: str  # the customer that was merged
    out_of: str  # the surviving customer of the merge
