"""Who may do what: the one table of role, action and relation that every endpoint reads.

An action is an endpoint, an order in a channel, or the sight of a field. A relation says which objects the role
reaches with it; several relations add up. What a caller may not reach answers 404. `make permissions` prints the table
and writes docs/permissions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Relation(StrEnum):
    ALL = "all"
    OWN = "own"  # made, opened or held by the caller; for customers the object that their token opens
    LOCATION = "own location"  # at the store, warehouse or van of the caller
    CUSTOMERS = "own customers"  # customers whom the caller registered, sold to or is assigned, and their objects
    CHANNELS = "own channels"  # from the sales channels of the role, see CHANNELS_OF_ROLE
    INVITED = "invited"  # work that the caller was invited to or won
    ADDRESSED = "addressed"  # messages to the caller, their team or their role


Relations = frozenset[Relation]
Grants = Mapping[str, Relations]  # relations by role
EVERYTHING: Relations = frozenset({Relation.ALL})

ROLES = ("owner", "cashier", "salesman", "agent", "warehouse", "courier", "finance", "channel")
STAFF = frozenset(ROLES) - {"channel"}
CHANNELS_OF_ROLE: Mapping[str, frozenset[str]] = {"agent": frozenset({"web", "phone", "social", "whatsapp"})}


def grant(*relations: Relation, to: str) -> dict[str, Relations]:
    """Return the grants of these relations to the roles in `to`, separated by spaces."""
    return dict.fromkeys(to.split(), frozenset(relations))


def only(grants: Grants, roles: str) -> dict[str, Relations]:
    """Return the grants of these roles."""
    return {role: grants[role] for role in roles.split()}


ALL, OWN, LOCATION, CUSTOMERS = Relation.ALL, Relation.OWN, Relation.LOCATION, Relation.CUSTOMERS
CHANNELS, INVITED, ADDRESSED = Relation.CHANNELS, Relation.INVITED, Relation.ADDRESSED

PUBLIC = grant(ALL, to="anyone")
OWNER = grant(ALL, to="owner")
MONEY = grant(ALL, to="owner finance")
ANY_STAFF = grant(ALL, to=" ".join(role for role in ROLES if role in STAFF))
OWN_DEVICES = grant(OWN, to=" ".join(ANY_STAFF))
CUSTOMER_TOKEN = grant(OWN, to="customer")

# Orders, drafts and their payments.
ORDERS = (
    grant(ALL, to="owner finance")
    | grant(OWN, CHANNELS, to="agent")
    | grant(OWN, LOCATION, to="cashier")
    | grant(OWN, LOCATION, CUSTOMERS, to="salesman")
    | grant(LOCATION, to="warehouse courier")
)
STAFF_ORDERS = only(ORDERS, "owner finance agent cashier salesman warehouse courier")
SELLERS_ORDERS = only(ORDERS, "owner agent cashier salesman")
PAYMENTS = only(ORDERS, "owner finance agent cashier")
DRAFTS = only(ORDERS, "owner agent salesman")
CUSTOMER_RECORDS = grant(ALL, to="owner finance agent cashier") | grant(CUSTOMERS, to="salesman")
DEBTS = grant(ALL, to="owner finance agent cashier") | grant(CUSTOMERS, to="salesman")
SHIFTS = grant(ALL, to="owner finance") | grant(OWN, to="cashier courier salesman")
PICKING = grant(ALL, to="owner") | grant(LOCATION, to="warehouse cashier") | grant(OWN, LOCATION, to="salesman")
DELIVERY = PICKING | grant(LOCATION, to="courier")
STOCK = grant(ALL, to="owner") | grant(LOCATION, to="warehouse cashier salesman")
OFFERS = grant(INVITED, to="salesman")

TABLE: Mapping[str, Grants] = {
    # the API itself
    "GET /health": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /docs": PUBLIC,
    "GET /problems/{code}": PUBLIC,
    "GET /me": ANY_STAFF,
    # catalog, prices and channels
    "GET /catalog/products": PUBLIC,
    "GET /catalog/products/{sku}": PUBLIC,
    "PUT /catalog/products/{sku}": OWNER,
    "GET /channels": ANY_STAFF,
    "PUT /channels/{code}": OWNER,
    "PUT /prices": OWNER,
    "GET /promotions": PUBLIC,
    "PUT /promotions": OWNER,
    "GET /coupons/{code}": PUBLIC,
    "PUT /placements": OWNER,
    "GET /l/{code}": PUBLIC,
    # locations and staff
    "GET /locations": ANY_STAFF,
    "PUT /locations/{location_id}": OWNER,
    "PUT /locations/{location_id}/position": OWNER | grant(LOCATION, to="salesman"),
    "GET /staff": OWNER,
    "POST /staff": OWNER,
    "PUT /staff/{staff_id}": OWNER,
    # sign-in and own devices
    "POST /sign-in": PUBLIC,
    "POST /sign-in/confirm": PUBLIC,
    "POST /sign-out": OWN_DEVICES,
    "GET /sessions": OWN_DEVICES,
    "DELETE /sessions/{session_id}": OWN_DEVICES,
    # stock: quantities are open to all staff, because every store sells the goods of the others
    "GET /stock": PUBLIC,
    "GET /stock/locations/{location_id}": ANY_STAFF,
    "GET /stock/history": ANY_STAFF,
    "GET /stock/transfers": ANY_STAFF,
    "POST /stock/movements": only(STOCK, "owner warehouse cashier"),
    "POST /stock/counts": STOCK,
    "POST /stock/transfers": STOCK,
    "POST /stock/transfers/{transfer_id}/receive": STOCK,
    "POST /stock/transfers/{transfer_id}/cancel": STOCK,
    "POST /stock/expected": only(STOCK, "owner warehouse"),
    "POST /stock/shelves": only(STOCK, "owner warehouse"),
    # customers
    "GET /customers": CUSTOMER_RECORDS,
    "GET /customers/{customer_id}": CUSTOMER_RECORDS,
    "POST /customers": grant(ALL, to="owner agent cashier salesman"),
    "PUT /customers/{customer_id}/terms": MONEY,
    "PUT /customers/{customer_id}/salesmen/{staff_id}": OWNER,
    "DELETE /customers/{customer_id}/salesmen/{staff_id}": OWNER,
    "POST /customers/{customer_id}/verify": grant(ALL, to="owner agent"),
    "POST /customers/{customer_id}/merge": grant(ALL, to="owner agent"),
    "POST /customers/{customer_id}/unmerge": grant(ALL, to="owner agent"),
    "POST /identities/verify": CUSTOMER_TOKEN,
    "POST /identities/confirm": CUSTOMER_TOKEN,
    # orders, with one row for each channel in which they are placed
    "POST /quotes": PUBLIC,
    "POST /carts": PUBLIC,
    "POST /orders": PUBLIC,
    "POST /orders/withdraw": PUBLIC,
    "order in web": grant(ALL, to="anyone owner"),
    "order in pos": OWNER | grant(LOCATION, to="cashier"),
    "order in sfa": OWNER | grant(LOCATION, to="salesman"),
    "order in phone": grant(ALL, to="owner agent"),
    "order in social": grant(ALL, to="owner agent"),
    "order in whatsapp": grant(ALL, to="owner agent"),
    "order with a WhatsApp cart": grant(ALL, to="anyone owner agent"),
    "order in marketplace": OWNER | grant(OWN, to="channel"),
    "order for a known customer": only(CUSTOMER_RECORDS, "owner agent cashier salesman"),
    "order on credit": only(DEBTS, "owner finance agent cashier salesman"),
    "order over the credit limit": MONEY,
    "order at agreed prices": grant(ALL, to="owner channel"),
    "order at other prices": OWNER,
    "order made by other staff": OWNER,
    "POST /drafts": grant(ALL, to="owner agent salesman"),
    "POST /drafts/withdraw": grant(ALL, to="owner agent salesman"),
    "POST /drafts/{order_id}/submit": DRAFTS,
    "POST /drafts/{order_id}/pay-link": DRAFTS,
    "GET /orders": STAFF_ORDERS,
    "GET /orders/{order_id}": STAFF_ORDERS | CUSTOMER_TOKEN | grant(OWN, to="channel"),
    "GET /orders/{order_id}/history": STAFF_ORDERS,
    "GET /orders/{order_id}/routing": STAFF_ORDERS,
    "GET /orders/{order_id}/routing/replay": STAFF_ORDERS,
    "GET /orders/{order_id}/notices": STAFF_ORDERS,
    "GET /orders/{order_id}/delivery": STAFF_ORDERS | CUSTOMER_TOKEN,
    "POST /orders/{order_id}/call-me": STAFF_ORDERS | CUSTOMER_TOKEN,
    "POST /orders/{order_id}/reroute": only(ORDERS, "owner agent"),
    "POST /orders/{order_id}/link": SELLERS_ORDERS,
    "POST /orders/{order_id}/cancel": SELLERS_ORDERS | CUSTOMER_TOKEN,
    # a customer may bring the money for any order to any counter
    "POST /orders/{order_id}/payments": SELLERS_ORDERS | CUSTOMER_TOKEN | grant(ALL, to="cashier"),
    "POST /orders/{order_id}/refunds": MONEY,
    # payments, drawers and debts
    "POST /payments/{payment_id}/proof": PAYMENTS | CUSTOMER_TOKEN,
    "GET /payments/{payment_id}/proof": PAYMENTS,
    "POST /payments/{payment_id}/confirm": PAYMENTS,
    "POST /payments/{payment_id}/reject": PAYMENTS,
    "POST /shifts": grant(OWN, to="owner cashier salesman courier"),
    "GET /shifts/{shift_id}": SHIFTS,
    "GET /shifts/{shift_id}/receipts": SHIFTS,
    "POST /shifts/{shift_id}/count": SHIFTS,
    "POST /shifts/{shift_id}/close": SHIFTS,
    "POST /shifts/{shift_id}/handover": MONEY | grant(INVITED, to="cashier"),
    "GET /cash-bags": grant(ALL, to="owner finance cashier"),
    "GET /receivables": DEBTS,
    "POST /collections": DEBTS,
    "GET /reports/ledger": MONEY,
    # fulfillment
    "GET /offers/{offer_id}": OFFERS,
    "POST /offers/{offer_id}/claim": OFFERS,
    "POST /offers/{offer_id}/decline": OFFERS,
    "GET /o/{token}": PUBLIC,
    "POST /o/{token}/claim": PUBLIC,
    "GET /fulfillments": DELIVERY,
    "POST /fulfillments/{fulfillment_id}/accept": PICKING,
    "POST /fulfillments/{fulfillment_id}/reject": PICKING,
    "POST /fulfillments/{fulfillment_id}/pick": PICKING,
    "POST /fulfillments/{fulfillment_id}/ready": PICKING,
    "POST /fulfillments/{fulfillment_id}/dispatch": DELIVERY,
    "POST /fulfillments/{fulfillment_id}/deliver": DELIVERY,
    "POST /fulfillments/{fulfillment_id}/fail": DELIVERY,
    "POST /fulfillments/{fulfillment_id}/send-again": PICKING,
    "POST /fulfillments/{fulfillment_id}/handover": PICKING,
    # messages, reports and files
    "GET /inbox": grant(ADDRESSED, to=" ".join(ANY_STAFF)),
    "POST /inbox/{notice_id}/ack": grant(ADDRESSED, to=" ".join(ANY_STAFF)),
    "GET /exceptions": OWNER,
    "GET /reports/recap": OWNER,
    "GET /reports/recap/orders": OWNER,
    "POST /imports": OWNER,
    "GET /exports/{file}": OWNER,
    # fields
    "see cost prices": MONEY,
    "see debts": grant(ALL, to="owner finance agent cashier salesman"),
}


def grants_of(action: str) -> Grants:
    """Return the relations by role. Raises LookupError for an action without a row."""
    try:
        return TABLE[action]
    except KeyError:
        raise LookupError(f"{action} has no row in kit/policy.py") from None


def relations_of(role: str, action: str) -> Relations:
    """Return what the role reaches with this action; empty if it may not do it. What anyone may, every role may."""
    grants = grants_of(action)
    return grants.get(role) or grants.get("anyone", frozenset())


def is_allowed(role: str, action: str) -> bool:
    """Return whether the action's row names this role: an order open to anyone is not open to a channel key."""
    return role in grants_of(action)
