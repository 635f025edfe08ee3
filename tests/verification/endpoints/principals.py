"""Knocking on a door as somebody: a row of the table says with what, this says as whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit.web import Endpoint, Routes
from tests.client import call, gateway
from tests.shop import token
from tests.verification.endpoints.sample_shop import STAFF, Prepare, SampleShop

PRINCIPALS = ("anonymous", "own", "foreign", *STAFF)
STAFF_ROLES = tuple(role for role in STAFF if role != "channel")
GROUPS = {"all": PRINCIPALS, "staff": STAFF_ROLES, "signed": (*STAFF_ROLES, "channel"), "nobody": ()}
FOREIGN_ORDER = "another order"


@dataclass(frozen=True)
class AccessRow:
    """One line of the table: who is let through a door with these path parts, query and body.

    Without a body the door's own example is sent. `own` is the order whose token the own customer holds. `ruled` are
    those the door knows and only a rule of the shop refuses, with its code: a cashier without an open drawer."""

    endpoint: str
    allows: str
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
        return {who for word in self.allows.split() for who in GROUPS.get(word, (word,))}


def access_row(door: str, lets_in: str, *, query: Any = None, body: Any = None, **said: Any) -> AccessRow:
    known = {name: said.pop(name) for name in ("own_order", "prepare", "note", "refused_by_rule") if name in said}
    return AccessRow(door, lets_in, path_parts=said, query=query or {}, body=body, **known)


def find_endpoint(name: str) -> Endpoint:
    gateway()  # the doors are registered when the app is made
    return next(each for each in Routes.registered if each.name == name)


def send_as(world: SampleShop, row: AccessRow, who: str, headers: dict[str, str] | None = None) -> Any:
    there = find_endpoint(row.endpoint)
    parts = {name: world.ids.get(part, part) for name, part in row.path_parts.items()}
    under = "" if there.path.startswith(("/o/", "/l/")) else "/api"
    query = dict(row.query) | ({"token": world.tokens[_order_name(row, who)]} if who in ("own", "foreign") else {})
    body = row.body if row.body is not None else there.example
    signed = token(STAFF[who]) if who in STAFF else ""
    path = under + there.path.format(**parts)
    return call(
        there.method, path, with_ids(world, body), token=signed, key=world.next_key(), query=query, headers=headers
    )


def least_privileged(row: AccessRow) -> str:
    """Of those let in, whoever has the least to say here."""
    return next(who for who in reversed(PRINCIPALS) if who in row.allowed)


def _order_name(row: AccessRow, who: str) -> str:
    return row.own_order if who == "own" else FOREIGN_ORDER


def with_ids(world: SampleShop, body: Any) -> Any:
    """The example with the names that things have in this world."""
    if isinstance(body, dict):
        return {name: with_ids(world, value) for name, value in body.items()}
    if isinstance(body, list):
        return [with_ids(world, value) for value in body]
    return world.ids.get(body, body) if isinstance(body, str) else body
