"""Find or create the customer of an order.

Staff identify a customer by phone or e-mail. A guest's unverified contact details never match an existing customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.customers import contact_details
from chalicelib.customers.model import Address, Contact, Customer
from chalicelib.customers.store import create_customer, identity_key
from chalicelib.kit import ids
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Key, Write


def identify_customer(
    contact: Contact,
    rows: Mapping[Key, Any],
    principal: Principal,
    *,
    now: datetime,
    address: Address | None = None,
) -> tuple[str, list[Write]]:
    """Return the customer's id and the writes that create a new one; ("", []) without valid contact details.

    `rows` holds the stored rows of `find.identity_keys(contact)`. The creation has no journal entry of its own: the
    event of the caller's commit contains the customer's id.
    """
    identities = contact_details.list_identities(contact.phone, contact.email)
    known = [rows[key] for key in (identity_key(*identity) for identity in identities) if key in rows]
    if principal.is_staff and known:
        return known[0].customer_id, []  # the phone comes first: it decides if the e-mail is another customer's
    if not identities:
        return "", []
    customer = Customer(ids.new("cus", now), contact.name, phone=contact.phone, email=contact.email, address=address)
    return customer.id, create_customer(customer, identities if principal.is_staff else [])
