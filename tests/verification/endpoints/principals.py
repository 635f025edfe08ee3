"""The principals of the access table, and how a request of a row is sent as one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit.web import Endpoint, Routes
from tests.client import call, gateway
from tests.shop import token
from tests.verification.endpoints.sample_shop import STAFF, Prepare, SampleShop

PRINCIPALS = ("anonymous", "own", "foreign", *STAFF)
STAFF_ROLES = tuple(role for role in STAFF if role != "channel")
GROUPS = {"all": PRINCIPALS, "staff": STAFF_ROLES, "signed": (*STAFF_ROLES, "channel")}
FOREIGN_ORDER = "another order"


@dataclass(frozen=True)
class AccessRow:
    """One row of the table: who may call an endpoint with these path parts, query and body.

    Without a body the endpoint's example is sent. `own_order` is the order whose token `own` has. `refused_by_rule`
    maps principals that pass access control to the code with which a business rule refuses them.
    """

    endpoint: str
    allows: str  # principals or groups, separated by spaces
    path_parts: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    own_order: str = "ord_01KB"
    prepare: Prepare | None = None
    refused_by_rule: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.endpoint} [{self.note}]" if self.note else self.endpoint

    @property
    def allowed(self) -> set[str]:
        return {principal for word in self.allows.split() for principal in GROUPS.get(word, (word,))}


def access_row(endpoint: str, allows: str, *, query: Any = None, body: Any = None, **arguments: Any) -> AccessRow:
    """Build a row. Other keyword arguments are path parts, unless they name a field of the row."""
    names = ("own_order", "prepare", "note", "refused_by_rule")
    fields = {name: arguments.pop(name) for name in names if name in arguments}
    return AccessRow(endpoint, allows, path_parts=arguments, query=query or {}, body=body, **fields)


def find_endpoint(name: str) -> Endpoint:
    gateway()  # endpoints are registered when the app is imported
    return next(endpoint for endpoint in Routes.registered if endpoint.name == name)


def send_as(sample: SampleShop, row: AccessRow, principal: str, headers: dict[str, str] | None = None) -> Any:
    """Send the row's request as this principal and return the response."""
    endpoint = find_endpoint(row.endpoint)
    parts = {name: sample.ids.get(part, part) for name, part in row.path_parts.items()}
    prefix = "" if endpoint.path.startswith(("/o/", "/l/")) else "/api"
    query = dict(row.query)
    if principal in ("own", "foreign"):
        query["token"] = sample.tokens[_order_name(row, principal)]
    body = with_ids(sample, row.body if row.body is not None else endpoint.example)
    staff_token = token(STAFF[principal]) if principal in STAFF else ""
    path, key = prefix + endpoint.path.format(**parts), sample.next_key()
    return call(endpoint.method, path, body, token=staff_token, key=key, query=query, headers=headers)


def least_privileged(row: AccessRow) -> str:
    """Return the allowed principal that comes last in the order of PRINCIPALS."""
    return next(principal for principal in reversed(PRINCIPALS) if principal in row.allowed)


def _order_name(row: AccessRow, principal: str) -> str:
    return row.own_order if principal == "own" else FOREIGN_ORDER


def with_ids(sample: SampleShop, body: Any) -> Any:
    """Return the body with the names used in examples and rows replaced by the ids of the sample shop."""
    if isinstance(body, dict):
        return {name: with_ids(sample, value) for name, value in body.items()}
    if isinstance(body, list):
        return [with_ids(sample, value) for value in body]
    return sample.ids.get(body, body) if isinstance(body, str) else body
