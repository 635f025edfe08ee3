"""HTTP endpoints of customers. The customer card is in `payments.routes`, because it shows receivables."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.customers import contact_details, find
from chalicelib.customers import verify as verification
from chalicelib.customers.assign_salesman import assign_salesman, unassign_salesman
from chalicelib.customers.grant_terms import grant_terms
from chalicelib.customers.merge import merge, unmerge
from chalicelib.customers.model import Address, Customer, join_exposure
from chalicelib.customers.save import register_customer
from chalicelib.kit import config
from chalicelib.kit.auth import Principal
from chalicelib.kit.countries import CountryCode
from chalicelib.kit.currency import check_currency
from chalicelib.kit.email_addresses import INVALID_EMAIL, normalize_email
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.kit.phone_numbers import INVALID_PHONE, normalize_phone
from chalicelib.kit.web import Body, Call, Query, Routes, page_to_json, read_cursor

endpoints = Routes(__name__)

Text = Annotated[str, Field(max_length=200)]
IdentityKind = Literal["phone", "email"]


class PointBody(Body):
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class CustomerAddressBody(Body):
    street: Annotated[str, Field(min_length=1, max_length=200)]
    city: Text = ""
    postcode: Annotated[str, Field(max_length=12)] = ""
    country: CountryCode = Field(default_factory=config.country)
    position: PointBody | None = None

    def to_address(self) -> Address:
        point = self.position.model_dump() if self.position else {}
        return Address(self.street, self.city, self.postcode, self.country, **point)


class CustomerBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    company: Text = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    address: CustomerAddressBody | None = None


class CustomersQuery(Query):
    q: Annotated[str, Field(max_length=100)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    cursor: Annotated[str, Field(max_length=2000)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class LimitBody(Body):
    amount: Annotated[int, Field(ge=0, le=10**12)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class TermsBody(Body):
    limit: LimitBody
    terms_days: Annotated[int, Field(ge=0, le=365)]
    price_group: Annotated[str, Field(max_length=40)] = ""
    reason: Annotated[str, Field(min_length=3, max_length=200)]


class VerifyCustomerBody(Body):
    identity: IdentityKind


class MergeBody(Body):
    into: Annotated[str, Field(pattern=r"^[A-Za-z0-9@._:~+-]{1,128}$")]


@endpoints.get("/customers", query=CustomersQuery)
def list_customers(call: Call) -> dict[str, Any]:
    """List customers with this phone number or e-mail address, verified or not, or with these words in their name."""
    query: CustomersQuery = call.query
    used = [name for name in ("phone", "email", "q") if getattr(query, name)]
    if len(used) != 1:
        raise Invalid(("phone", "send a phone number, an e-mail address, or words of a name as q; one of them"))
    _check_contact(query)
    name = f"customers {used[0]} {getattr(query, used[0])}"
    customers, after = _search_reached(call.principal, query, read_cursor(query.cursor, name))
    return page_to_json([customer.to_json() for customer in customers], after, name)


def _check_contact(query: CustomersQuery) -> None:
    """Raise Invalid for a phone number or e-mail address that no customer can have."""
    if query.phone and normalize_phone(query.phone) is None:
        raise Invalid(("phone", INVALID_PHONE))
    if query.email and normalize_email(query.email) is None:
        raise Invalid(("email", INVALID_EMAIL))


def _search_reached(
    principal: Principal, query: CustomersQuery, after: dict[str, Any] | None
) -> tuple[list[Customer], dict[str, Any] | None]:
    """Return the next page with customers that the caller reaches; an empty page has no next one."""
    while True:
        page, after = _search(query, after)
        customers = find.filter_reached(principal, page)
        if customers or after is None:
            return customers, after


def _search(query: CustomersQuery, after: dict[str, Any] | None) -> tuple[list[Customer], dict[str, Any] | None]:
    """Return a page of customers and the cursor of the next; all customers of a phone or e-mail are one page."""
    if query.q:
        return find.list_by_name(query.q, query.limit, after)
    return (find.list_by_phone(query.phone) if query.phone else find.list_by_email(query.email)), None


@endpoints.post(
    "/customers",
    body=CustomerBody,
    idempotent=True,
    status=201,
    example={"name": "Warung Bu Tini", "phone": "081252981234", "address": {"street": "Jl. Kenanga 5"}},
)
def create_customer(call: Call) -> dict[str, Any]:
    """Register a customer. Refused when the phone number or e-mail address belongs to another one."""
    body = call.body
    country = body.address.country if body.address else None
    contact = contact_details.parse_contact(body.name, body.phone, body.email, country)
    address = body.address.to_address() if body.address else None
    new = Customer("", contact.name, body.company, contact.phone, contact.email, address)
    return register_customer(new, call.principal.actor, call.idempotency_key).to_json()


@endpoints.put(
    "/customers/{customer_id}/terms",
    body=TermsBody,
    example={"limit": {"amount": 5_000_000, "currency": "IDR"}, "terms_days": 14, "reason": "two years without delay"},
)
def set_terms(call: Call, customer_id: str) -> dict[str, Any]:
    """Set a customer's credit limit, payment terms and price group."""
    body = call.body
    check_currency(body.limit.currency, "limit.currency")
    limit = Money(body.limit.amount, body.limit.currency)
    customer, credit = grant_terms(
        customer_id, limit, body.terms_days, body.price_group, reason=body.reason, actor=call.principal.actor
    )
    left = join_exposure(credit, find.load_merged(customer)[1]).left
    return customer.to_json() | {"credit_limit": limit.to_json(), "credit_left": left.to_json()}


@endpoints.put("/customers/{customer_id}/salesmen/{staff_id}")
def assign_customer(call: Call, customer_id: str, staff_id: str) -> dict[str, Any]:
    """Assign a customer to a salesman, who then reads their card, orders and debts and sells to them on credit."""
    assign_salesman(customer_id, staff_id, actor=call.principal.actor)
    return {"customer": customer_id, "salesman": staff_id}


@endpoints.endpoint("DELETE", "/customers/{customer_id}/salesmen/{staff_id}")
def unassign_customer(call: Call, customer_id: str, staff_id: str) -> dict[str, Any]:
    """Take a customer from a salesman, who then no longer reads their card and debts or sells to them on credit."""
    unassign_salesman(customer_id, staff_id, actor=call.principal.actor)
    return {"customer": customer_id, "salesman": staff_id, "assigned": False}


@endpoints.post(
    "/customers/{customer_id}/verify",
    body=VerifyCustomerBody,
    example={"identity": "phone"},
)
def verify_customer(call: Call, customer_id: str) -> dict[str, Any]:
    """Mark a phone number or e-mail address as verified by staff who have seen proof."""
    return verification.verify_by_staff(call.principal, customer_id, call.body.identity).to_json()


@endpoints.post("/customers/{customer_id}/merge", body=MergeBody, example={"into": "cus_01KB"})
def merge_customer(call: Call, customer_id: str) -> dict[str, Any]:
    """Merge this customer into another; both must be verified."""
    return merge(customer_id, into=call.body.into, actor=call.principal.actor).to_json()


@endpoints.post("/customers/{customer_id}/unmerge")
def unmerge_customer(call: Call, customer_id: str) -> dict[str, Any]:
    """Undo the merge of this customer."""
    return unmerge(customer_id, actor=call.principal.actor).to_json()
