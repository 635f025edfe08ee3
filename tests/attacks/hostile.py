"""Requests made up from openapi.json, half of them wrong on purpose, each sent three ways: as it was made, with goods
and people that exist in it (a made-up id ends at the first look), and with one value of that replaced by a nasty one.

No bug, nothing let in that the document forbids, and a refusal moves nothing. `python -m tests.attacks.hostile 1000000`
goes on until so many were sent; the same seed sends the same requests.
"""

from __future__ import annotations

import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

import tests.environment  # noqa: F401 - before the first import of the shop
from infra import openapi
from tests.attacks.ground import Ground, stood_on
from tests.client import call
from tests.conftest import forget
from tests.doors.knock import PRINCIPALS, Row, door
from tests.doors.rows import ROWS
from tests.doors.world import STAFF, TEA, World
from tests.shop import token

KINDS = {"right": GenerationMode.POSITIVE, "wrong": GenerationMode.NEGATIVE}
WAYS = 3
REAL = {"sku": TEA, "location": "wh-surabaya", "source": "wh-surabaya", "destination": "van-budi", "country": "ID"}
REAL |= {"order": "ord_01KB", "customer": "cus_01KB", "into": "cus_home", "currency": "IDR", "phone": "081252981234"}
REAL |= {"channel": "web", "method": "cod"}
WORDS = {"ship", "pickup", "handover", "cash", "transfer", "credit"}  # methods that a schema names itself
NASTY = (
    *(None, True, False, 0, -1, -(10**15), 10**15, 10**40, 0.1, -0.0, 1e308, "", " ", "0", "-1", "\u0662", "\x00"),
    *("'; drop table orders; --", "<script>", "{{7*7}}", "${jndi:ldap://x}", "../../etc/passwd", "%00", "\ud800"),
    *("=cmd|' /C calc'!A0", "id\r\nSet-Cookie: a=b", "x" * 5_000, "\U0001f4a3" * 200, "\u202e", "NaN", "null"),
    *([], {}, [[]], {"$ne": None}, {"__proto__": {}}, [0] * 300),
)
DOORS = {row.door: row for row in reversed(ROWS) if row.allowed}
TAKES = sorted(name for name in DOORS if (found := door(name)).body or found.query)
SPENDS_A_TRY = {"POST /identities/confirm"}  # a wrong code is refused and counted


@cache
def document() -> Any:
    return json.loads(openapi.written())


@cache
def operations() -> Any:
    return {each.ok().label: each.ok() for each in schemathesis.openapi.from_dict(document()).get_all_operations()}


def cases_for(requests: int) -> int:
    """How many to make up for each kind at each door, so that at least so many requests are sent in all."""
    return -(-requests // (len(TAKES) * len(KINDS) * WAYS))


def knock_at(ground: Ground, name: str, kind: str, cases: int, turn: int = 0) -> Counter[int]:
    """The answers, by status. Raises AssertionError with the request that found something."""
    ground.again()
    row, answers, chance = DOORS[name], Counter[int](), random.Random(f"{name} {kind} {turn}")
    if row.first:
        row.first(ground.world)
    ready = ground.memory.snapshot()

    @seed(turn)
    @made_up(cases, same=turn == 0)
    @given(case=operations()[name].as_strategy(generation_mode=KINDS[kind]))
    def ask(case: Any) -> None:
        for body, query in ways(ground.world, case, chance):
            answer = sent(ground.world, row, case, body, query, known=chance.random() < 0.75)
            answers[answer.status] += 1
            check(name, body, answer)
            if ground.memory.tables != ready:
                assert answer.status < 400 or name in SPENDS_A_TRY, f"{answer.text} moved something: {body!r}"
                ground.memory.put_back(ready)
                forget()

    ask()
    return answers


def made_up(cases: int, same: bool) -> settings:
    return settings(
        max_examples=cases,
        database=None,
        derandomize=same,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def check(name: str, body: Any, answer: Any) -> None:
    assert answer.status < 500, f"{answer.status} {answer.text} for {body!r}"
    if answer.status < 400:
        assert wrong_with(name, body) == [], f"{answer.status} for {body!r}"
    else:
        assert explained(answer), answer.text


def ways(world: World, case: Any, chance: random.Random) -> list[tuple[Any, Any]]:
    """(body, query) three times; what has no body is spoiled in its query."""
    body, query = real(world, case.body), real(world, dict(case.query or {}))
    empty = isinstance(body, schemathesis.core.NotSet)
    worse = (body, spoiled(query, chance)) if empty and query else (spoiled(body, chance), query)
    return [(case.body, case.query or {}), (body, query), worse]


def spoiled(body: Any, chance: random.Random) -> Any:
    """With one value in it replaced, wherever it stands."""
    if not isinstance(body, dict | list) or not body:
        return chance.choice(NASTY)
    places = list(places_in(body))
    return replaced(body, chance.choice(places), chance.choice(NASTY))


def places_in(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    each: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in each:
        yield (*at, name)
        yield from places_in(value, (*at, name))


def replaced(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = replaced(body[at[0]], at[1:], value)
    return copy


def sent(world: World, row: Row, case: Any, body: Any, query: Any, known: bool) -> Any:
    """By somebody whom the door lets in, mostly to a thing that exists."""
    path = "/api" + (
        case.path.format(**{n: world.names.get(i, i) for n, i in row.parts.items()}) if known else at(case)
    )
    who = next(who for who in (*STAFF, *PRINCIPALS) if who in row.allowed)
    query = {name: text(value) for name, value in query.items()}
    query |= {"token": world.tokens[row.own]} if who == "own" else {}
    raw = None if isinstance(body, schemathesis.core.NotSet) else body if isinstance(body, bytes) else dumped(body)
    return call(case.method, path, raw, token=signed(who) if who in STAFF else "", key=world.key(), query=query)


@cache
def signed(who: str) -> str:
    return token(STAFF[who])


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


@cache
def validator(name: str) -> Draft202012Validator | None:
    method, path = name.split(" ")
    said = document()["paths"][path][method.lower()].get("requestBody")
    if said is None:
        return None
    schema = said["content"]["application/json"]["schema"] | {"components": document()["components"]}
    return Draft202012Validator(schema)


def wrong_with(name: str, body: Any) -> list[str]:
    """What the document itself says against a body that was taken."""
    there = validator(name)
    sent = json.loads(body) if isinstance(body, bytes) else body
    return [error.message for error in there.iter_errors(sent)] if there else []


def explained(answer: Any) -> bool:
    if answer.headers["Content-Type"].startswith("text/html"):
        return True  # the claim page says it to a person
    told = answer.json
    return answer.headers["Content-Type"] == "application/problem+json" and bool(told["code"]) and bool(told["detail"])


def soak(requests: int, first: int = 1) -> Iterator[tuple[int, Counter[int]]]:
    """Round after round with a seed of its own, until so many were sent: (seed, answers by status) of each round."""
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    done, turn = 0, first
    with stood_on() as ground:
        while done < requests:
            answers = Counter[int]()
            for name in TAKES:
                for kind in KINDS:
                    answers += knock_at(ground, name, kind, 60, turn)
            done += answers.total()
            yield turn, answers
            turn += 1


def main(requests: int = 20_000, first: int = 1) -> None:
    done, began = 0, time.process_time()
    for turn, answers in soak(requests, first):
        done += answers.total()
        each = (time.process_time() - began) / done
        print(f"seed {turn}: {done:,} requests, no 5xx, nothing slipped through, {each * 1000:.1f} ms of CPU each")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
