"""Set a customer's credit limit, payment terms and price group."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.customers.contact_details import list_identities
from chalicelib.customers.find import load_customer_and_credit, load_identities
from chalicelib.customers.model import Credit, Customer, Identity, IdentityTaken, TermsGranted
from chalicelib.customers.store import claim_identity, set_credit, update_customer
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money, zero


@db.retry_on_conflict
def grant_terms(
    customer_id: str, limit: Money, terms_days: int, price_group: str, *, reason: str, actor: str
) -> tuple[Customer, Credit]:
    """Return the customer and credit with the new terms. Granting the same terms again is a no-op.

    A limit below the exposure is allowed: it changes no existing debt and blocks further credit. A higher limit claims
    the customer's phone and e-mail, so that one person has one limit; raises IdentityTaken if they are another's.
    """
    customer, credit = load_customer_and_credit(customer_id)
    exposure = credit.exposure if credit else zero(limit.currency)
    granted = Credit(customer_id, limit, exposure, terms_days)
    if credit == granted and (customer.terms_days, customer.price_group) == (terms_days, price_group):
        return customer, granted
    previous_minor = credit.limit.minor if credit else 0
    event = TermsGranted(customer_id, limit.minor, previous_minor, limit.currency, terms_days, price_group, reason)
    entry, head = journal.append_event(f"customer#{customer_id}", event, after=customer, actor=actor, at=clock.now())
    after = replace(customer, terms_days=terms_days, price_group=price_group, **vars(head))
    claims = _claim_identities(customer) if limit.minor > previous_minor else []
    db.commit([update_customer(after, customer.version), set_credit(credit, granted), *claims, entry])
    return after, granted


def _claim_identities(customer: Customer) -> list[Write]:
    pairs = list_identities(customer.phone, customer.email)
    stored = {(identity.kind, identity.value): identity for identity in load_identities(pairs)}
    for identity in stored.values():
        if identity.customer_id not in (customer.id, customer.merged_into):
            raise IdentityTaken(identity.kind, identity.customer_id)
    owner = customer.merged_into or customer.id
    return [
        claim_identity(Identity(kind, value, owner, customer.id))
        for kind, value in pairs
        if (kind, value) not in stored
    ]
