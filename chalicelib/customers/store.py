"""Rows of table `customers` and their conditional writes, which orders and payments use in their own commits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.customers.model import (
    Address,
    Credit,
    CreditLimitReached,
    CreditNotUsed,
    Customer,
    CustomerChanged,
    Identity,
    NoCreditTerms,
    VerificationCode,
)
from chalicelib.kit import db, search_text
from chalicelib.kit.db import IndexedRow, Key, Row, Write
from chalicelib.kit.errors import Problem
from chalicelib.kit.money import Money
from chalicelib.kit.row_attributes import InstantAttribute

MAX_WORDS = 10  # words of a name under which a customer is found


class CustomerRow(IndexedRow):
    """A customer. Index `by_owner` lists by phone and `by_list` by e-mail.

    The indexes are eventually consistent, so they serve lists for staff and never decisions.
    """

    Meta = db.table("customers")

    name = UnicodeAttribute()
    company = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    address = JSONAttribute(null=True)
    price_group = UnicodeAttribute(null=True)
    terms_days = NumberAttribute(null=True)
    merged_into = UnicodeAttribute(null=True)
    absorbed = JSONAttribute(null=True)
    phone_verified_at = InstantAttribute(null=True)
    email_verified_at = InstantAttribute(null=True)
    version = NumberAttribute()
    journal_hash = UnicodeAttribute(null=True)


class CreditRow(Row):
    """A customer's credit. `left_minor` is stored because DynamoDB conditions cannot subtract exposure from limit."""

    Meta = db.table("customers")

    limit_minor = NumberAttribute()
    exposure_minor = NumberAttribute()
    left_minor = NumberAttribute()
    currency = UnicodeAttribute()
    terms_days = NumberAttribute()


class IdentityRow(Row):
    Meta = db.table("customers")

    customer_id = UnicodeAttribute()
    home = UnicodeAttribute()
    verified_at = InstantAttribute(null=True)


class VerificationCodeRow(Row):
    """The current verification code of a customer's phone or e-mail; a new request replaces it."""

    Meta = db.table("customers")

    ask_id = UnicodeAttribute()
    value = UnicodeAttribute()
    asked_at = InstantAttribute()
    tries = NumberAttribute()


class CodeCountRow(Row):
    """Codes requested on one day for one phone number or e-mail address, or by one caller."""

    Meta = db.table("customers")

    day = UnicodeAttribute()
    times = NumberAttribute()


class CustomerWordRow(Row):
    """One word of a customer's name or company; `pk` is `word#` and its first letters, `sk` the customer's id."""

    Meta = db.table("customers")


class CustomerStaffRow(Row):
    """A member of staff whose customer this is: who registered them, sold to them or is assigned to them."""

    Meta = db.table("customers")


def customer_staff_key(customer_id: str, staff_id: str) -> Key:
    return Key(CustomerStaffRow, customer_id, f"staff#{staff_id}")


def link_staff(customer_id: str, staff_id: str) -> Write:
    """Return the write that makes the customer one of this member of staff; a repeat writes the same row."""
    key = customer_staff_key(customer_id, staff_id)
    return db.put(CustomerStaffRow(key.pk, key.sk))


def unlink_staff(customer_id: str, staff_id: str) -> Write:
    key = customer_staff_key(customer_id, staff_id)
    return db.delete(CustomerStaffRow(key.pk, key.sk))


def save_words(before: Customer | None, after: Customer) -> list[Write]:
    """Return the writes that list the customer under the words of its name, and no longer under its old ones."""
    old, new = (_word_keys(customer) if customer else set() for customer in (before, after))
    added = [db.put(CustomerWordRow(key, after.id)) for key in sorted(new - old)]
    return added + [db.delete(CustomerWordRow(key, after.id)) for key in sorted(old - new)]


def list_words_of(customer: Customer) -> list[str]:
    return search_text.list_words(f"{customer.name} {customer.company}")


def word_pk(word: str) -> str:
    return f"word#{word[: search_text.PREFIX_LENGTH]}"


def _word_keys(customer: Customer) -> set[str]:
    return {word_pk(word) for word in list_words_of(customer)[:MAX_WORDS]}


def customer_key(customer_id: str) -> Key:
    return Key(CustomerRow, customer_id, "customer")


def credit_key(customer_id: str) -> Key:
    return Key(CreditRow, customer_id, "credit")


def identity_key(kind: str, value: str) -> Key:
    return Key(IdentityRow, f"identity#{kind}#{value}", "identity")


def verification_code_key(customer_id: str, kind: str) -> Key:
    return Key(VerificationCodeRow, customer_id, f"code#{kind}")


def code_count_key(kind: str, value: str, caller: str | None = None) -> Key:
    """Return the key of the count by one caller, or without `caller` by all."""
    return Key(CodeCountRow, f"identity#{kind}#{value}", "asks" if caller is None else f"asks#{caller}")


def extend_credit(
    customer_id: str, amount: Money, override: bool = False, merged_exposure: Money | None = None
) -> Write:
    """Return the write that adds `amount` to the exposure. Fails with NoCreditTerms or CreditLimitReached.

    `merged_exposure` is that of customers merged into this one: it uses the same limit, but is stored with them.
    With `override` the exposure may exceed the limit; the caller checks the role and records the reason.
    """
    merged_minor = merged_exposure.minor if merged_exposure else 0
    allowed = (CreditRow.currency == amount.currency) & CreditRow.left_minor.exists()
    return db.update(
        CreditRow(customer_id, "credit"),
        CreditRow.exposure_minor.add(amount.minor),
        CreditRow.left_minor.add(-amount.minor),
        when=allowed if override else allowed & (CreditRow.left_minor >= amount.minor + merged_minor),
        refusal=lambda stored: _build_credit_refusal(stored, amount, merged_minor),
    )


def release_credit(customer_id: str, amount: Money) -> Write:
    """Return the write that subtracts `amount` from the exposure. Fails with CreditNotUsed."""
    return db.update(
        CreditRow(customer_id, "credit"),
        CreditRow.exposure_minor.add(-amount.minor),
        CreditRow.left_minor.add(amount.minor),
        when=(CreditRow.currency == amount.currency) & (CreditRow.exposure_minor >= amount.minor),
        refusal=CreditNotUsed(),
    )


def create_customer(customer: Customer, identities: Iterable[tuple[str, str]] = ()) -> list[Write]:
    """Return the writes of a new customer and its identities; a guest claims none before verification."""
    claims = [claim_identity(Identity(kind, value, customer.id, customer.id)) for kind, value in identities]
    return [db.create(customer_to_row(customer)), *claims]


def claim_identity(identity: Identity) -> Write:
    return db.create(identity_to_row(identity))


def update_identity(before: Identity, after: Identity) -> Write:
    unchanged = IdentityRow.home == before.original_customer_id
    unchanged &= IdentityRow.customer_id == before.customer_id
    if before.verified_at is None:
        unchanged &= IdentityRow.verified_at.does_not_exist()
    return db.put(identity_to_row(after), when=unchanged)


def delete_identity(identity: Identity) -> Write:
    return db.delete(identity_to_row(identity), when=IdentityRow.home == identity.original_customer_id)


def update_customer(after: Customer, read_version: int) -> Write:
    return db.put(customer_to_row(after), when=CustomerRow.version == read_version)


def check_customer_unchanged(customer: Customer) -> Write:
    """Return a check for commits that depend on the merges of a customer. Fails with CustomerChanged."""
    unchanged = CustomerRow.version == customer.version
    return db.check(CustomerRow(customer.id, "customer"), unchanged, refusal=CustomerChanged())


def set_credit(before: Credit | None, after: Credit) -> Write:
    """Return the write of the credit. Fails with StaleVersion if exposure or limit changed since they were read."""
    row = credit_to_row(after)
    if before is None:
        return db.create(row)
    unchanged = (CreditRow.exposure_minor == before.exposure.minor) & (CreditRow.limit_minor == before.limit.minor)
    return db.put(row, when=unchanged)


def _build_credit_refusal(stored: Any, wanted: Money, merged_minor: int) -> Problem:
    if stored is None or stored.currency != wanted.currency:
        return NoCreditTerms()
    credit = row_to_credit(stored)
    return CreditLimitReached(credit.limit, credit.left - Money(merged_minor, wanted.currency), wanted)


def row_to_customer(row: Any) -> Customer:
    texts = {name: getattr(row, name) or "" for name in ("company", "phone", "email", "price_group", "journal_hash")}
    return Customer(
        row.pk,
        row.name,
        **texts,
        address=Address(**row.address) if row.address else None,
        terms_days=int(row.terms_days or 0),
        merged_into=row.merged_into,
        absorbed=tuple(row.absorbed or ()),
        phone_verified_at=row.phone_verified_at,
        email_verified_at=row.email_verified_at,
        version=int(row.version),
    )


def row_to_credit(row: Any) -> Credit:
    limit, exposure = (Money(int(amount), row.currency) for amount in (row.limit_minor, row.exposure_minor))
    return Credit(row.pk, limit, exposure, int(row.terms_days))


def row_to_identity(row: Any) -> Identity:
    _, kind, value = row.pk.split("#", 2)
    return Identity(kind, value, row.customer_id, row.home, row.verified_at)


def row_to_verification_code(row: Any) -> VerificationCode:
    return VerificationCode(row.ask_id, row.pk, row.sk.partition("#")[2], row.value, row.asked_at, int(row.tries))


def customer_to_row(customer: Customer) -> CustomerRow:
    texts: dict[str, Any] = {
        name: getattr(customer, name) or None for name in ("company", "phone", "email", "price_group")
    }
    return CustomerRow(
        customer.id,
        "customer",
        name=customer.name,
        **texts,
        address=vars(customer.address) if customer.address else None,
        terms_days=customer.terms_days or None,
        merged_into=customer.merged_into,
        absorbed=[*customer.absorbed] or None,
        phone_verified_at=customer.phone_verified_at,
        email_verified_at=customer.email_verified_at,
        version=customer.version,
        journal_hash=customer.journal_hash or None,
        owner=(customer.phone and f"phone#{customer.phone}") or None,
        list=(customer.email and f"email#{customer.email}") or None,
        listed_at=customer.id,
    )


def credit_to_row(credit: Credit) -> CreditRow:
    return CreditRow(
        credit.customer_id,
        "credit",
        limit_minor=credit.limit.minor,
        exposure_minor=credit.exposure.minor,
        left_minor=credit.left.minor,
        currency=credit.limit.currency,
        terms_days=credit.terms_days,
    )


def identity_to_row(identity: Identity) -> IdentityRow:
    key = identity_key(identity.kind, identity.value)
    return IdentityRow(
        key.pk,
        key.sk,
        customer_id=identity.customer_id,
        home=identity.original_customer_id,
        verified_at=identity.verified_at,
    )


def verification_code_to_row(code: VerificationCode) -> VerificationCodeRow:
    key = verification_code_key(code.customer_id, code.kind)
    return VerificationCodeRow(
        key.pk, key.sk, ask_id=code.id, value=code.value, asked_at=code.requested_at, tries=code.tries
    )
