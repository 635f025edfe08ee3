"""Thousands of requests made up from openapi.json, half of them wrong on purpose: no bug, and nothing wrong let in.

The same requests every time. Most knock with real ids and real goods, since a made-up id ends at the first look.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

from infra import openapi
from tests.client import call
from tests.conftest import forget
from tests.doors import tables
from tests.doors.knock import PRINCIPALS, Row, door
from tests.doors.rows import ROWS
from tests.doors.world import STAFF, TEA, World
from tests.shop import token

CASES = 36  # of each kind, at each door that takes a body or a query
MADE_UP = settings(
    max_examples=CASES,
    database=None,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
REAL = {"sku": TEA, "location": "wh-surabaya", "source": "wh-surabaya", "destination": "van-budi", "country": "ID"}
REAL |= {"order": "ord_01KB", "customer": "cus_01KB", "into": "cus_home", "currency": "IDR", "phone": "081252981234"}
REAL |= {"channel": "web", "method": "cod"}
WORDS = {"ship", "pickup", "handover", "cash", "transfer", "credit"}  # methods that a schema names itself
DOORS = {row.door: row for row in reversed(ROWS) if row.allowed}
TAKES = sorted(name for name in DOORS if (found := door(name)).body or found.query)


@cache
def document() -> Any:
    return json.loads(openapi.written())


@cache
def operations() -> Any:
    return {each.ok().label: each.ok() for each in schemathesis.openapi.from_dict(document()).get_all_operations()}


@pytest.mark.parametrize("kind", ["right", "wrong"])
@pytest.mark.parametrize("name", TAKES)
def test_no_request_finds_a_bug_or_slips_through(world: World, name: str, kind: str) -> None:
    mode = GenerationMode.POSITIVE if kind == "right" else GenerationMode.NEGATIVE
    row = DOORS[name]
    if row.first:
        row.first(world)
    ready = tables.saved()
    turn = iter(range(10**6))

    @MADE_UP
    @given(case=operations()[name].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        body = real(world, case.body) if next(turn) % 3 else case.body
        answer = sent(world, row, case, body, next(turn) % 4 > 0)

        assert answer.status < 500, answer.text
        if answer.status < 400:
            assert wrong_with(name, body) == [], f"{answer.status} for {body}"
            tables.put_back(ready)
            forget()
        else:
            assert explained(answer), answer.text

    ask()


def sent(world: World, row: Row, case: Any, body: Any, known: bool) -> Any:
    """By somebody whom the door lets in, mostly to a thing that exists."""
    path = "/api" + (
        case.path.format(**{n: world.names.get(i, i) for n, i in row.parts.items()}) if known else at(case)
    )
    who = next(who for who in (*STAFF, *PRINCIPALS) if who in row.allowed)
    query = {name: text(value) for name, value in (case.query or {}).items()}
    query |= {"token": world.tokens[row.own]} if who == "own" else {}
    raw = None if isinstance(body, schemathesis.core.NotSet) else body if isinstance(body, bytes) else dumped(body)
    return call(case.method, path, raw, token=token(STAFF[who]) if who in STAFF else "", key=world.key(), query=query)


def at(case: Any) -> str:
    try:
        return str(case.formatted_path)
    except Exception:  # a part that no address can hold
        return str(case.path)


def text(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value)
    return said.encode("utf-8", "replace").decode()


def dumped(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def real(world: World, body: Any) -> Any:
    """With goods, places and people that exist, where only text stood."""
    if isinstance(body, dict):
        return {name: _real(world, name, value) for name, value in body.items()}
    return [real(world, each) for each in body] if isinstance(body, list) else body


def _real(world: World, name: str, value: Any) -> Any:
    if name in REAL and isinstance(value, str) and value not in WORDS:
        return world.names.get(REAL[name], REAL[name])
    return real(world, value)


def wrong_with(name: str, body: Any) -> list[str]:
    """What the document itself says against a body that was taken."""
    method, path = name.split(" ")
    said = document()["paths"][path][method.lower()].get("requestBody")
    if said is None:
        return []
    schema = said["content"]["application/json"]["schema"] | {"components": document()["components"]}
    sent = json.loads(body) if isinstance(body, bytes) else body
    return [error.message for error in Draft202012Validator(schema).iter_errors(sent)]


def explained(answer: Any) -> bool:
    if answer.headers["Content-Type"].startswith("text/html"):
        return True  # the claim page says it to a person
    told = answer.json
    return answer.headers["Content-Type"] == "application/problem+json" and bool(told["code"]) and bool(told["detail"])
