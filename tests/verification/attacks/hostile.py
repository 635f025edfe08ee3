"""Requests made up from openapi.json, half of them wrong on purpose, at every door. Each is sent in one of three
ways by turns: as it was made, with goods and people that exist in it (a made-up id ends at the first look), and with
one value of that replaced by a nasty one.

No bug, nothing let in that the document forbids, and a refusal moves nothing.
`make verify ONLY=requests` sends 20,000; a seed repeats its requests.
"""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import schemathesis

from chalicelib.exchange.model import FILES
from tests.client import call
from tests.conftest import forget
from tests.shop import token
from tests.verification.attacks.forbidden import wrong_with
from tests.verification.attacks.ground import Ground, stood_on
from tests.verification.attacks.made import KINDS, cases, says_something, zipped
from tests.verification.endpoints.knock import PRINCIPALS, Row
from tests.verification.endpoints.rows import ROWS
from tests.verification.endpoints.world import STAFF, TEA, World

Request = tuple[str, dict[str, str], Any]  # its path, query and body
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
CELLS = ("", "0", "1", "12500", "0.15", "-1", "Teh", TEA, "web", "phone", "2026-01-05T03:00:00Z", "IDR", "warehouse")
CELLS_OF = {
    "sku": (TEA, "SKU0001", "SKU0002"),
    "ref": ("R-1", "R-2"),
    "kind": ("warehouse", "store", "van"),
    "location": ("wh-surabaya", "store-tunjungan"),
    "placed_at": ("2026-01-05T03:00:00Z", "2026-11-22T00:00:00+07:00", "2026-13-01"),
    "channel": ("phone", "web", "pos"),
    "quantity": ("1", "3", "0", "-1", "1.5"),
    "price": ("9000", "12500", "0", "-5"),
    "unit_price": ("9000", "12500", "0", "-5"),
    "on_hand": ("5", "0", "-2", "1e3"),
}
DOORS = {row.door: row for row in reversed(ROWS) if row.allowed}
SPENDS_A_TRY = {"POST /identities/confirm"}  # a wrong code is refused and counted
TAKES = sorted(name for name in DOORS if says_something(name))
BARE = sorted(set(DOORS) - set(TAKES))  # nothing can be said at these: no part of an address, no query, no body
FILE_DOOR = "POST /imports"  # takes no JSON


def cases_for(requests: int) -> int:
    """How many to make up for each kind at each door, so that at least so many are sent in all."""
    return -(-requests // (len(TAKES) * len(KINDS)))


def knock_at(ground: Ground, name: str, kind: str, how_many: int, turn: int = 0) -> Counter[int]:
    """The answers, by status. An AssertionError holds the request that found it."""
    ground.again()
    row, answers, chance = DOORS[name], Counter[int](), random.Random(f"{name} {kind} {turn}")
    if row.first:
        row.first(ground.world)
    ready = ground.memory.snapshot()
    ground.memory.touched.clear()
    for number, case in enumerate(cases(name, kind, how_many, chance)):
        path, query, body = (ways_of_files if name == FILE_DOOR else ways)(ground.world, row, case, number, chance)
        answer = sent(ground.world, row, path, query, body)
        answers[answer.status] += 1
        check(name, path, query, body, answer)
        if ground.memory.touched and ground.memory.tables != ready:
            moved = f"{answer.text} moved something: {path} {query} {body!r}"
            assert answer.status < 400 or name in SPENDS_A_TRY, moved
            ground.memory.put_back(ready)
            forget()
    return answers


def check(name: str, path: str, query: dict[str, str], body: Any, answer: Any) -> None:
    said = f"{answer.status} for {path} {query} {body!r}"
    assert answer.status < 500, said
    if answer.status < 400:
        assert wrong_with(name, path, query, body) == [], said
    else:
        assert explained(answer), said


def ways(world: World, row: Row, case: Any, number: int, chance: random.Random) -> Request:
    """By turns as it was made, with what exists, and with one value of that spoiled: in the body where there is one,
    else in the query or in the address."""
    body, query = real(world, case.body), real(world, dict(case.query or {}))
    there, way = parts_of(world, row), number % 3
    bare = isinstance(body, schemathesis.core.NotSet)
    if way == 0:
        known = chance.random() < 0.75 and not (bare and there)  # else nobody would get past an unknown id
        return path_of(row, there) if known else made_path(case), text_of(case.query or {}), case.body
    if way == 1:
        strange = bare and there and chance.random() < 0.75
        return path_of(row, others(world, there, chance) if strange else there), text_of(query), body
    if not bare:
        return path_of(row, there), text_of(query), spoiled(body, chance)
    if query or not there:
        return path_of(row, there), text_of(spoiled(query or {"x": 1}, chance)), body
    return path_of(row, others(world, there, chance, spoil=True)), text_of(query), body


def parts_of(world: World, row: Row) -> dict[str, str]:
    return {name: world.names.get(part, part) for name, part in row.parts.items()}


def others(world: World, parts: dict[str, str], chance: random.Random, spoil: bool = False) -> dict[str, str]:
    """One part is something else that exists, or one of its letters is another; or it is nasty."""
    name = chance.choice(sorted(parts))
    at = chance.randrange(len(parts[name]))
    near = [parts[name][:at] + chance.choice("aA0_~-.:@") + parts[name][at + 1 :], parts[name][:at], parts[name] * 9]
    other = chance.choice([*near, *(text(each) for each in NASTY)] if spoil else sorted(world.names.values()))
    return parts | {name: other}


def path_of(row: Row, parts: dict[str, str]) -> str:
    shape = row.door.split(" ")[1]
    said = {name: quote(part.encode("utf-8", "replace"), safe="") for name, part in parts.items()}
    return ("" if shape.startswith(("/o/", "/l/")) else "/api") + shape.format(**said)


def made_path(case: Any) -> str:
    under = "" if str(case.path).startswith(("/o/", "/l/")) else "/api"
    try:
        return under + str(case.formatted_path)
    except Exception:  # a part that no address can hold
        return under + str(case.path)


def ways_of_files(world: World, row: Row, case: Any, number: int, chance: random.Random) -> Request:
    """By turns as it was made, a file, and several in a zip, with nasty cells among those that are as they should
    be."""
    query, names, dry = text_of(case.query or {}), sorted(FILES), chance.choice(["true", "false"])
    if number % 3 == 0:
        return path_of(row, {}), query, as_file(case.body)
    if number % 3 == 1:
        name = chance.choice(names)
        body = chance.choice([b"", b"\xff", b"PK"]) if chance.random() < 0.1 else a_file(world, name, chance)
        return path_of(row, {}), query | {"file": name, "dry_run": dry}, body
    some = {f"{name}.csv": a_file(world, name, chance) for name in chance.sample(names, chance.randint(1, 4))}
    return path_of(row, {}), {"dry_run": dry}, zipped(some)


def as_file(body: Any) -> bytes:
    if isinstance(body, schemathesis.core.NotSet):
        return b""
    return body if isinstance(body, bytes) else text(body).encode()


def a_file(world: World, name: str, chance: random.Random) -> bytes:
    columns = [*FILES[name].needs, *(each for each in FILES[name].may if chance.random() < 0.5)]
    if chance.random() < 0.1:
        columns.append(chance.choice([columns[0], "colour", ""]))
    known = [*world.names.values(), *CELLS]
    rows = [
        [
            chance.choice(CELLS_OF.get(column, known)) if chance.random() < 0.9 else text(chance.choice(NASTY))
            for column in columns
        ]
        for _ in range(chance.randint(0, 6))
    ]
    return "\n".join(",".join(row) for row in [columns, *rows]).encode("utf-8", "replace")


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


def sent(world: World, row: Row, path: str, query: dict[str, str], body: Any) -> Any:
    """By somebody whom the door lets in."""
    who = next(who for who in (*STAFF, *PRINCIPALS) if who in row.allowed)
    query |= {"token": world.tokens[row.own]} if who == "own" else {}
    raw = None if isinstance(body, schemathesis.core.NotSet) else body if isinstance(body, bytes) else dumped(body)
    method = row.door.split(" ")[0]
    return call(method, path, raw, token=signed(who) if who in STAFF else "", key=world.key(), query=query)


@cache
def signed(who: str) -> str:
    return token(STAFF[who])


def text_of(query: dict[str, Any]) -> dict[str, str]:
    return {name.encode("utf-8", "replace").decode(): text(value) for name, value in query.items()}


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
                    answers += knock_at(ground, name, kind, cases_for(20_000), turn)
            done += answers.total()
            yield turn, answers
            turn += 1
