"""Set a customer's credit limit, payment terms and price group."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.customers.find import load_customer_and_credit
from chalicelib.customers.model import Credit, Customer, TermsGranted
from chalicelib.customers.store import set_credit, update_customer
from chalicelib.kit import clock, db, journal
from chalicelib.kit.money import Money, zero


@db.retry_on_conflict
def grant_terms(
    customer_id: str, limit: Money, terms_days: int, price_group: str, *, reason: str, actor: str
) -> tuple[Customer, Credit]:
    """Return the customer and credit with the new terms. Granting the same terms again is a no-op.

    A limit below the exposure is allowed: it changes no existing debt and blocks further credit.
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
    db.commit([update_customer(after, customer.version), set_credit(credit, granted), entry])
    return after, granted
