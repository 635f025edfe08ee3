"""Knocking on a door as somebody: a row of the table says with what, this says as whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit.web import Door, Routes
from tests.client import call, gateway
from tests.shop import token
from tests.verification.endpoints.world import STAFF, Prepare, World

PRINCIPALS = ("anonymous", "own", "foreign", *STAFF)
STAFF_ROLES = tuple(role for role in STAFF if role != "channel")
GROUPS = {"all": PRINCIPALS, "staff": STAFF_ROLES, "signed": (*STAFF_ROLES, "channel"), "nobody": ()}
ANOTHER = "another order"


@dataclass(frozen=True)
class Row:
    """One line of the table: who is let through a door with these path parts, query and body.

    Without a body the door's own example is sent. `own` is the order whose token the own customer holds. `ruled` are
    those the door knows and only a rule of the shop refuses, with its code: a cashier without an open drawer."""

    door: str
    lets_in: str
    parts: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    own: str = "ord_01KB"
    first: Prepare | None = None
    ruled: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.door} [{self.note}]" if self.note else self.door

    @property
    def allowed(self) -> set[str]:
        return {who for word in self.lets_in.split() for who in GROUPS.get(word, (word,))}


def row(door: str, lets_in: str, *, query: Any = None, body: Any = None, **said: Any) -> Row:
    known = {name: said.pop(name) for name in ("own", "first", "note", "ruled") if name in said}
    return Row(door, lets_in, parts=said, query=query or {}, body=body, **known)


def door(name: str) -> Door:
    gateway()  # the doors are registered when the app is made
    return next(each for each in Routes.every if each.name == name)


def knock(world: World, row: Row, who: str, headers: dict[str, str] | None = None) -> Any:
    there = door(row.door)
    parts = {name: world.names.get(part, part) for name, part in row.parts.items()}
    under = "" if there.path.startswith(("/o/", "/l/")) else "/api"
    query = dict(row.query) | ({"token": world.tokens[_order(row, who)]} if who in ("own", "foreign") else {})
    body = row.body if row.body is not None else there.example
    signed = token(STAFF[who]) if who in STAFF else ""
    path = under + there.path.format(**parts)
    return call(there.method, path, named(world, body), token=signed, key=world.key(), query=query, headers=headers)


def one_of(row: Row) -> str:
    """Of those let in, whoever has the least to say here."""
    return next(who for who in reversed(PRINCIPALS) if who in row.allowed)


def _order(row: Row, who: str) -> str:
    return row.own if who == "own" else ANOTHER


def named(world: World, body: Any) -> Any:
    """The example with the names that things have in this world."""
    if isinstance(body, dict):
        return {name: named(world, value) for name, value in body.items()}
    if isinstance(body, list):
        return [named(world, value) for value in body]
    return world.names.get(body, body) if isinstance(body, str) else body
