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
from tests.conftest import clear_caches
from tests.shop import token
from tests.verification.attacks.contract import contract_violations
from tests.verification.attacks.generated_cases import KINDS, generate_cases, takes_input, zip_files
from tests.verification.attacks.memory_shop import MemoryShop, open_memory_shop
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import PRINCIPALS, AccessRow
from tests.verification.endpoints.sample_shop import STAFF, TEA, SampleShop

Request = tuple[str, dict[str, str], Any]  # its path, query and body
EXISTING_VALUES = {
    "sku": TEA,
    "location": "wh-surabaya",
    "source": "wh-surabaya",
    "destination": "van-budi",
    "country": "ID",
}
EXISTING_VALUES |= {
    "order": "ord_01KB",
    "customer": "cus_01KB",
    "into": "cus_home",
    "currency": "IDR",
    "phone": "081252981234",
}
EXISTING_VALUES |= {"channel": "web", "method": "cod"}
METHOD_NAMES = {"ship", "pickup", "handover", "cash", "transfer", "credit"}  # methods that a schema names itself
HOSTILE_VALUES = (
    *(None, True, False, 0, -1, -(10**15), 10**15, 10**40, 0.1, -0.0, 1e308, "", " ", "0", "-1", "\u0662", "\x00"),
    *("'; drop table orders; --", "<script>", "{{7*7}}", "${jndi:ldap://x}", "../../etc/passwd", "%00", "\ud800"),
    *("=cmd|' /C calc'!A0", "id\r\nSet-Cookie: a=b", "x" * 5_000, "\U0001f4a3" * 200, "\u202e", "NaN", "null"),
    *([], {}, [[]], {"$ne": None}, {"__proto__": {}}, [0] * 300),
)
CELL_VALUES = (
    "",
    "0",
    "1",
    "12500",
    "0.15",
    "-1",
    "Teh",
    TEA,
    "web",
    "phone",
    "2026-01-05T03:00:00Z",
    "IDR",
    "warehouse",
)
CELL_VALUES_BY_COLUMN = {
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
ROW_BY_ENDPOINT = {row.endpoint: row for row in reversed(ROWS) if row.allowed}
CHANGES_ON_REFUSAL = {"POST /identities/confirm"}  # a wrong code is refused and counted
WITH_INPUT = sorted(name for name in ROW_BY_ENDPOINT if takes_input(name))
WITHOUT_INPUT = sorted(
    set(ROW_BY_ENDPOINT) - set(WITH_INPUT)
)  # nothing can be said at these: no part of an address, no query, no body
FILE_ENDPOINT = "POST /imports"  # takes no JSON


def cases_per_endpoint(requests: int) -> int:
    """How many to make up for each kind at each door, so that at least so many are sent in all."""
    return -(-requests // (len(WITH_INPUT) * len(KINDS)))


def send_cases(ground: MemoryShop, name: str, kind: str, how_many: int, turn: int = 0) -> Counter[int]:
    """The answers, by status. An AssertionError holds the request that found it."""
    ground.reset()
    row, answers, chance = ROW_BY_ENDPOINT[name], Counter[int](), random.Random(f"{name} {kind} {turn}")
    if row.prepare:
        row.prepare(ground.sample)
    ready = ground.memory.snapshot()
    ground.memory.written_keys.clear()
    for number, case in enumerate(generate_cases(name, kind, how_many, chance)):
        path, query, body = (build_file_request if name == FILE_ENDPOINT else build_request)(
            ground.sample, row, case, number, chance
        )
        answer = send_as_allowed(ground.sample, row, path, query, body)
        answers[answer.status] += 1
        check_response(name, path, query, body, answer)
        if ground.memory.written_keys and ground.memory.tables != ready:
            moved = f"{answer.text} moved something: {path} {query} {body!r}"
            assert answer.status < 400 or name in CHANGES_ON_REFUSAL, moved
            ground.memory.restore(ready)
            clear_caches()
    return answers


def check_response(name: str, path: str, query: dict[str, str], body: Any, answer: Any) -> None:
    said = f"{answer.status} for {path} {query} {body!r}"
    assert answer.status < 500, said
    if answer.status < 400:
        assert contract_violations(name, path, query, body) == [], said
    else:
        assert is_explained(answer), said


def build_request(world: SampleShop, row: AccessRow, case: Any, number: int, chance: random.Random) -> Request:
    """By turns as it was made, with what exists, and with one value of that spoiled: in the body where there is one,
    else in the query or in the address."""
    body, query = with_existing_values(world, case.body), with_existing_values(world, dict(case.query or {}))
    there, way = path_parts_of(world, row), number % 3
    bare = isinstance(body, schemathesis.core.NotSet)
    if way == 0:
        known = chance.random() < 0.75 and not (bare and there)  # else nobody would get past an unknown id
        return build_path(row, there) if known else generated_path(case), query_to_text(case.query or {}), case.body
    if way == 1:
        strange = bare and there and chance.random() < 0.75
        return build_path(row, with_other_part(world, there, chance) if strange else there), query_to_text(query), body
    if not bare:
        return build_path(row, there), query_to_text(query), with_hostile_value(body, chance)
    if query or not there:
        return build_path(row, there), query_to_text(with_hostile_value(query or {"x": 1}, chance)), body
    return build_path(row, with_other_part(world, there, chance, spoil=True)), query_to_text(query), body


def path_parts_of(world: SampleShop, row: AccessRow) -> dict[str, str]:
    return {name: world.ids.get(part, part) for name, part in row.path_parts.items()}


def with_other_part(
    world: SampleShop, parts: dict[str, str], chance: random.Random, spoil: bool = False
) -> dict[str, str]:
    """One part is something else that exists, or one of its letters is another; or it is nasty."""
    name = chance.choice(sorted(parts))
    at = chance.randrange(len(parts[name]))
    near = [parts[name][:at] + chance.choice("aA0_~-.:@") + parts[name][at + 1 :], parts[name][:at], parts[name] * 9]
    other = chance.choice([*near, *(to_text(each) for each in HOSTILE_VALUES)] if spoil else sorted(world.ids.values()))
    return parts | {name: other}


def build_path(row: AccessRow, parts: dict[str, str]) -> str:
    shape = row.endpoint.split(" ")[1]
    said = {name: quote(part.encode("utf-8", "replace"), safe="") for name, part in parts.items()}
    return ("" if shape.startswith(("/o/", "/l/")) else "/api") + shape.format(**said)


def generated_path(case: Any) -> str:
    under = "" if str(case.path).startswith(("/o/", "/l/")) else "/api"
    try:
        return under + str(case.formatted_path)
    except Exception:  # a part that no address can hold
        return under + str(case.path)


def build_file_request(world: SampleShop, row: AccessRow, case: Any, number: int, chance: random.Random) -> Request:
    """By turns as it was made, a file, and several in a zip, with nasty cells among those that are as they should
    be."""
    query, names, dry = query_to_text(case.query or {}), sorted(FILES), chance.choice(["true", "false"])
    if number % 3 == 0:
        return build_path(row, {}), query, body_to_bytes(case.body)
    if number % 3 == 1:
        name = chance.choice(names)
        body = chance.choice([b"", b"\xff", b"PK"]) if chance.random() < 0.1 else random_csv(world, name, chance)
        return build_path(row, {}), query | {"file": name, "dry_run": dry}, body
    some = {f"{name}.csv": random_csv(world, name, chance) for name in chance.sample(names, chance.randint(1, 4))}
    return build_path(row, {}), {"dry_run": dry}, zip_files(some)


def body_to_bytes(body: Any) -> bytes:
    if isinstance(body, schemathesis.core.NotSet):
        return b""
    return body if isinstance(body, bytes) else to_text(body).encode()


def random_csv(world: SampleShop, name: str, chance: random.Random) -> bytes:
    columns = [*FILES[name].required, *(each for each in FILES[name].optional if chance.random() < 0.5)]
    if chance.random() < 0.1:
        columns.append(chance.choice([columns[0], "colour", ""]))
    known = [*world.ids.values(), *CELL_VALUES]
    rows = [
        [
            chance.choice(CELL_VALUES_BY_COLUMN.get(column, known))
            if chance.random() < 0.9
            else to_text(chance.choice(HOSTILE_VALUES))
            for column in columns
        ]
        for _ in range(chance.randint(0, 6))
    ]
    return "\n".join(",".join(row) for row in [columns, *rows]).encode("utf-8", "replace")


def with_hostile_value(body: Any, chance: random.Random) -> Any:
    """With one value in it replaced, wherever it stands."""
    if not isinstance(body, dict | list) or not body:
        return chance.choice(HOSTILE_VALUES)
    places = list(list_positions(body))
    return replace_at(body, chance.choice(places), chance.choice(HOSTILE_VALUES))


def list_positions(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    each: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in each:
        yield (*at, name)
        yield from list_positions(value, (*at, name))


def replace_at(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = replace_at(body[at[0]], at[1:], value)
    return copy


def send_as_allowed(world: SampleShop, row: AccessRow, path: str, query: dict[str, str], body: Any) -> Any:
    """By somebody whom the door lets in."""
    who = next(who for who in (*STAFF, *PRINCIPALS) if who in row.allowed)
    query |= {"token": world.tokens[row.own_order]} if who == "own" else {}
    raw = (
        None if isinstance(body, schemathesis.core.NotSet) else body if isinstance(body, bytes) else to_json_bytes(body)
    )
    method = row.endpoint.split(" ")[0]
    return call(method, path, raw, token=cached_token(who) if who in STAFF else "", key=world.next_key(), query=query)


@cache
def cached_token(who: str) -> str:
    return token(STAFF[who])


def query_to_text(query: dict[str, Any]) -> dict[str, str]:
    return {name.encode("utf-8", "replace").decode(): to_text(value) for name, value in query.items()}


def to_text(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value)
    return said.encode("utf-8", "replace").decode()


def to_json_bytes(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_existing_values(world: SampleShop, body: Any) -> Any:
    """With goods, places and people that exist, where only text stood."""
    if isinstance(body, dict):
        return {name: _existing_value(world, name, value) for name, value in body.items()}
    return [with_existing_values(world, each) for each in body] if isinstance(body, list) else body


def _existing_value(world: SampleShop, name: str, value: Any) -> Any:
    if name in EXISTING_VALUES and isinstance(value, str) and value not in METHOD_NAMES:
        return world.ids.get(EXISTING_VALUES[name], EXISTING_VALUES[name])
    return with_existing_values(world, value)


def is_explained(answer: Any) -> bool:
    if answer.headers["Content-Type"].startswith("text/html"):
        return True  # the claim page says it to a person
    told = answer.json
    return answer.headers["Content-Type"] == "application/problem+json" and bool(told["code"]) and bool(told["detail"])


def soak(requests: int, first: int = 1) -> Iterator[tuple[int, Counter[int]]]:
    """Round after round with a seed of its own, until so many were sent: (seed, answers by status) of each round."""
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    done, turn = 0, first
    with open_memory_shop() as ground:
        while done < requests:
            answers = Counter[int]()
            for name in WITH_INPUT:
                for kind in KINDS:
                    answers += send_cases(ground, name, kind, cases_per_endpoint(20_000), turn)
            done += answers.total()
            yield turn, answers
            turn += 1
