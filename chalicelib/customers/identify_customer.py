"""Who is ordering? Staff see the person and may say so; a guest's word about himself joins him to nobody."""

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
    found: Mapping[Key, Any],
    principal: Principal,
    *,
    now: datetime,
    address: Address | None = None,
) -> tuple[str, list[Write]]:
    """The customer's id, and the writes that make him when he is new; ("", []) for a walk-in who left no trace.

    `found` holds the rows of `find.identity_keys(contact)`. The commit that takes the writes journals them: its own
    event names the customer."""
    identities = contact_details.list_identities(contact.phone, contact.email)
    known = [found[identity_key(*each)] for each in identities if identity_key(*each) in found]
    if principal.is_staff and known:
        return known[0].customer_id, []  # the phone decides when it and the e-mail disagree
    if not identities:
        return "", []
    customer = Customer(ids.new("cus", now), contact.name, phone=contact.phone, email=contact.email, address=address)
    return customer.id, create_customer(customer, identities if principal.is_staff else [])
