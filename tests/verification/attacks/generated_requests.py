"""Send requests generated from openapi.json, half of them deliberately invalid, to every endpoint.

Requests take turns in three forms: as generated; with ids that exist, because an unknown id is refused at once; and
with ids that exist but one hostile value. No request may cause a server error, no success may violate the document,
and a refusal may change nothing.

`make verify ONLY=requests` sends 20,000; equal seeds send equal requests.
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

Request = tuple[str, dict[str, str], Any]  # path, query and body
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
METHOD_NAMES = {"ship", "pickup", "handover", "cash", "transfer", "credit"}  # generated from enums, so not replaced
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
CHANGES_ON_REFUSAL = {"POST /identities/confirm"}  # a wrong code is counted
WITH_INPUT = sorted(name for name in ROW_BY_ENDPOINT if takes_input(name))
WITHOUT_INPUT = sorted(set(ROW_BY_ENDPOINT) - set(WITH_INPUT))  # no path parameter, query or body
FILE_ENDPOINT = "POST /imports"  # takes files instead of JSON


def cases_per_endpoint(requests: int) -> int:
    """Return how many cases of each kind every endpoint needs so that at least `requests` are sent in all."""
    return -(-requests // (len(WITH_INPUT) * len(KINDS)))


def send_cases(shop: MemoryShop, name: str, kind: str, count: int, turn: int = 0) -> Counter[int]:
    """Send generated cases and count the responses by status. Raises AssertionError with the offending request."""
    shop.reset()
    row, answers, chance = ROW_BY_ENDPOINT[name], Counter[int](), random.Random(f"{name} {kind} {turn}")
    if row.prepare:
        row.prepare(shop.sample)
    ready = shop.memory.snapshot()
    shop.memory.written_keys.clear()
    for number, case in enumerate(generate_cases(name, kind, count, chance)):
        path, query, body = (build_file_request if name == FILE_ENDPOINT else build_request)(
            shop.sample, row, case, number, chance
        )
        answer = send_as_allowed(shop.sample, row, path, query, body)
        answers[answer.status] += 1
        check_response(name, path, query, body, answer)
        if shop.memory.written_keys and shop.memory.tables != ready:
            message = f"{answer.text} changed something: {path} {query} {body!r}"
            assert answer.status < 400 or name in CHANGES_ON_REFUSAL, message
            shop.memory.restore(ready)
            clear_caches()
    return answers


def check_response(name: str, path: str, query: dict[str, str], body: Any, answer: Any) -> None:
    message = f"{answer.status} for {path} {query} {body!r}"
    assert answer.status < 500, message
    if answer.status < 400:
        assert contract_violations(name, path, query, body) == [], message
    else:
        assert is_explained(answer), message


def build_request(sample: SampleShop, row: AccessRow, case: Any, number: int, chance: random.Random) -> Request:
    """Build the request in the form whose turn it is: as generated, with existing ids, or with one hostile value.

    The hostile value is put into the body if there is one, else into the query or the path.
    """
    body, query = with_existing_values(sample, case.body), with_existing_values(sample, dict(case.query or {}))
    parts, form = path_parts_of(sample, row), number % 3
    has_body = not isinstance(body, schemathesis.core.NotSet)
    if form == 0:
        # Most requests get an existing id: an unknown one is refused before the body is read.
        exists = chance.random() < 0.75 and (has_body or not parts)
        return build_path(row, parts) if exists else generated_path(case), query_to_text(case.query or {}), case.body
    if form == 1:
        replace = not has_body and parts and chance.random() < 0.75
        return build_path(row, with_other_part(sample, parts, chance) if replace else parts), query_to_text(query), body
    if has_body:
        return build_path(row, parts), query_to_text(query), with_hostile_value(body, chance)
    if query or not parts:
        return build_path(row, parts), query_to_text(with_hostile_value(query or {"x": 1}, chance)), body
    return build_path(row, with_other_part(sample, parts, chance, spoil=True)), query_to_text(query), body


def path_parts_of(sample: SampleShop, row: AccessRow) -> dict[str, str]:
    return {name: sample.ids.get(part, part) for name, part in row.path_parts.items()}


def with_other_part(
    sample: SampleShop, parts: dict[str, str], chance: random.Random, spoil: bool = False
) -> dict[str, str]:
    """Replace one part by another existing id, or with `spoil` by a changed, shortened, repeated or hostile text."""
    name = chance.choice(sorted(parts))
    text = parts[name]
    at = chance.randrange(len(text))
    similar = [text[:at] + chance.choice("aA0_~-.:@") + text[at + 1 :], text[:at], text * 9]
    hostile = [to_text(value) for value in HOSTILE_VALUES]
    return parts | {name: chance.choice([*similar, *hostile] if spoil else sorted(sample.ids.values()))}


def build_path(row: AccessRow, parts: dict[str, str]) -> str:
    template = row.endpoint.split(" ")[1]
    quoted = {name: quote(part.encode("utf-8", "replace"), safe="") for name, part in parts.items()}
    return ("" if template.startswith(("/o/", "/l/")) else "/api") + template.format(**quoted)


def generated_path(case: Any) -> str:
    prefix = "" if str(case.path).startswith(("/o/", "/l/")) else "/api"
    try:
        return prefix + str(case.formatted_path)
    except Exception:  # a generated part that cannot be written in a path
        return prefix + str(case.path)


def build_file_request(sample: SampleShop, row: AccessRow, case: Any, number: int, chance: random.Random) -> Request:
    """Build the import whose turn it is: as generated, one file, or several in a zip, with some hostile cells."""
    query, names, dry = query_to_text(case.query or {}), sorted(FILES), chance.choice(["true", "false"])
    if number % 3 == 0:
        return build_path(row, {}), query, body_to_bytes(case.body)
    if number % 3 == 1:
        name = chance.choice(names)
        body = chance.choice([b"", b"\xff", b"PK"]) if chance.random() < 0.1 else random_csv(sample, name, chance)
        return build_path(row, {}), query | {"file": name, "dry_run": dry}, body
    files = {f"{name}.csv": random_csv(sample, name, chance) for name in chance.sample(names, chance.randint(1, 4))}
    return build_path(row, {}), {"dry_run": dry}, zip_files(files)


def body_to_bytes(body: Any) -> bytes:
    if isinstance(body, schemathesis.core.NotSet):
        return b""
    return body if isinstance(body, bytes) else to_text(body).encode()


def random_csv(sample: SampleShop, name: str, chance: random.Random) -> bytes:
    columns = [*FILES[name].required, *(column for column in FILES[name].optional if chance.random() < 0.5)]
    if chance.random() < 0.1:
        columns.append(chance.choice([columns[0], "colour", ""]))
    values = [*sample.ids.values(), *CELL_VALUES]
    rows = [
        [
            chance.choice(CELL_VALUES_BY_COLUMN.get(column, values))
            if chance.random() < 0.9
            else to_text(chance.choice(HOSTILE_VALUES))
            for column in columns
        ]
        for _ in range(chance.randint(0, 6))
    ]
    return "\n".join(",".join(row) for row in [columns, *rows]).encode("utf-8", "replace")


def with_hostile_value(body: Any, chance: random.Random) -> Any:
    """Return the body with the value at one random position replaced by a hostile one."""
    if not isinstance(body, dict | list) or not body:
        return chance.choice(HOSTILE_VALUES)
    positions = list(list_positions(body))
    return replace_at(body, chance.choice(positions), chance.choice(HOSTILE_VALUES))


def list_positions(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of keys and indices to each value of a JSON body."""
    members: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in members:
        yield (*at, name)
        yield from list_positions(value, (*at, name))


def replace_at(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = replace_at(body[at[0]], at[1:], value)
    return copy


def send_as_allowed(sample: SampleShop, row: AccessRow, path: str, query: dict[str, str], body: Any) -> Any:
    """Send a request as a principal that may call the endpoint."""
    principal = next(principal for principal in (*STAFF, *PRINCIPALS) if principal in row.allowed)
    query |= {"token": sample.tokens[row.own_order]} if principal == "own" else {}
    content = body
    if isinstance(body, schemathesis.core.NotSet):
        content = None
    elif not isinstance(body, bytes):
        content = to_json_bytes(body)
    method, key = row.endpoint.split(" ")[0], sample.next_key()
    staff_token = cached_token(principal) if principal in STAFF else ""
    return call(method, path, content, token=staff_token, key=key, query=query)


@cache
def cached_token(principal: str) -> str:
    return token(STAFF[principal])


def query_to_text(query: dict[str, Any]) -> dict[str, str]:
    return {name.encode("utf-8", "replace").decode(): to_text(value) for name, value in query.items()}


def to_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode()


def to_json_bytes(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_existing_values(sample: SampleShop, body: Any) -> Any:
    """Return the body with generated texts replaced by SKUs, locations and ids that exist."""
    if isinstance(body, dict):
        return {name: _existing_value(sample, name, value) for name, value in body.items()}
    return [with_existing_values(sample, member) for member in body] if isinstance(body, list) else body


def _existing_value(sample: SampleShop, name: str, value: Any) -> Any:
    if name in EXISTING_VALUES and isinstance(value, str) and value not in METHOD_NAMES:
        return sample.ids.get(EXISTING_VALUES[name], EXISTING_VALUES[name])
    return with_existing_values(sample, value)


def is_explained(answer: Any) -> bool:
    if answer.headers["Content-Type"].startswith("text/html"):
        return True  # the claim page explains the refusal itself
    problem = answer.json
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    return is_problem and bool(problem["code"]) and bool(problem["detail"])


def soak(requests: int, first: int = 1) -> Iterator[tuple[int, Counter[int]]]:
    """Send rounds of requests, each with its own seed, until `requests` are sent.

    Yields (seed, number of responses by status) after each round.
    """
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    sent, turn = 0, first
    with open_memory_shop() as shop:
        while sent < requests:
            answers = Counter[int]()
            for name in WITH_INPUT:
                for kind in KINDS:
                    answers += send_cases(shop, name, kind, cases_per_endpoint(20_000), turn)
            sent += answers.total()
            yield turn, answers
            turn += 1
