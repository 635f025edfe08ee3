"""Every endpoint that takes a body refuses invalid ones with an explanation and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.kit.web import MAX_BODY_BYTES
from tests.verification.endpoints import memory_tables
from tests.verification.endpoints.access_table import ROWS
from tests.verification.endpoints.principals import AccessRow, find_endpoint, least_privileged, send_as
from tests.verification.endpoints.sample_shop import SampleShop
from tests.verification.sampling import mark_cases

ROW_BY_ENDPOINT = {row.endpoint: row for row in reversed(ROWS) if row.allowed and find_endpoint(row.endpoint).body}
INVALID_BODIES = {
    "nothing": (b"", 400),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "true": (b"true", 422),
    "a word": (b'"x"', 422),
    "a number": (b"1", 422),
    "not a number": (b"NaN", 422),
    "endless": (b"1e400", 422),
    "half an object": (b'{"a": ', 400),
    "no text": (b"\xff\xfe\x00", 400),
    "a lone surrogate": (b'"\\ud800"', 400),
    "a raw surrogate": (b'{"a": "\xed\xa0\x80"}', 400),
    "deeper than a well": (b"[" * 100_000, 400),
    "an object as deep": (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400),
    "two megabytes": (b'{"note": "' + b"x" * 2_000_000 + b'"}', 413),
    "one byte too many": (b" " * (MAX_BODY_BYTES - 1) + b"{}", 413),
}
INVALID_NUMBERS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "1" + "0" * 30,
    "-" + "1" + "0" * 30,
    "true",
    '"2"',
    '"\u0662"',
    "[]",
    "{}",
)
ENDPOINTS = sorted(ROW_BY_ENDPOINT)
NAMES = mark_cases(ENDPOINTS, lambda name: ENDPOINTS.index(name) % 3 == 0)
SERVER_FIELDS = (
    "price",
    "total",
    "paid",
    "status",
    "discount",
    "payment_status",
    "claimed_by",
    "captured",
    "__proto__",
)


def prepare_row(sample: SampleShop, name: str) -> AccessRow:
    row = ROW_BY_ENDPOINT[name]
    if row.prepare:
        row.prepare(sample)
    return row


def assert_refused(sample: SampleShop, row: AccessRow, body: Any) -> Any:
    """Assert that the body is refused with a problem that explains itself and changes nothing; return the response."""
    before = memory_tables.take_snapshot()

    answer = send_as(sample, replace(row, body=body), least_privileged(row))

    assert 400 <= answer.status < 500, f"{answer.status} {answer.text} for {body!r:.200}"
    assert memory_tables.list_changes(before) == []
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == answer.status
    assert len(answer.json["detail"]) > 10
    return answer


@pytest.mark.parametrize("name", NAMES)
def test_an_invalid_body_is_refused(sample: SampleShop, name: str) -> None:
    row = prepare_row(sample, name)
    for kind, (body, expected) in INVALID_BODIES.items():
        answer = assert_refused(sample, row, body)

        assert answer.status in {expected, 400 if expected == 422 else expected}, f"{kind}: {answer.text}"


@pytest.mark.parametrize("name", NAMES)
def test_an_invalid_number_is_refused_by_field_name(sample: SampleShop, name: str) -> None:
    row = prepare_row(sample, name)
    for path, body in replace_each(find_endpoint(name).example, replace_number):
        for text in (*INVALID_NUMBERS, *(["1.5"] if "lat" not in path and "lon" not in path else [])):
            answer = assert_refused(sample, row, json.dumps(body).replace('"@"', text))

            assert answer.json["code"] == "unreadable" or path in {error["field"] for error in answer.json["errors"]}, (
                answer.text
            )


@pytest.mark.parametrize("name", NAMES)
def test_server_fields_are_refused_everywhere(sample: SampleShop, name: str) -> None:
    row = prepare_row(sample, name)
    for path, body in replace_each(find_endpoint(name).example, add_field):
        for field in SERVER_FIELDS:
            if f'"{field}"' not in json.dumps(body):
                answer = assert_refused(sample, row, json.loads(json.dumps(body).replace('"@"', f'"{field}"')))

                assert f"{path}.{field}".lstrip(".") in {error["field"] for error in answer.json["errors"]}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_currency_is_refused(sample: SampleShop, name: str) -> None:
    row = prepare_row(sample, name)
    for path, body in replace_each(find_endpoint(name).example, replace_currency):
        for text in ("XXX", "idr", "", "\u20a8", "USD "):
            answer = assert_refused(sample, row, json.loads(json.dumps(body).replace('"@"', json.dumps(text))))

            assert "currency" in answer.text, path


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"no zip", 422), (b"PK\x05\x06" + bytes(17), 422), (bytes(4_000_001), 413)],
    ids=["nothing", "no zip", "half a zip", "four megabytes and one byte"],
)
def test_an_invalid_zip_is_refused(sample: SampleShop, body: bytes, status: int) -> None:
    assert assert_refused(sample, AccessRow("POST /imports", "owner"), body).status == status


def replace_number(value: Any) -> Any:
    return "@" if isinstance(value, int | float) and not isinstance(value, bool) else None


def add_field(value: Any) -> Any:
    return value | {"@": 1} if isinstance(value, dict) else None


def replace_currency(value: Any) -> Any:
    return value | {"currency": "@"} if isinstance(value, dict) and "currency" in value and "amount" in value else None


def replace_each(body: Any, change: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, copy of the body) for each value that `change` replaces; it returns None for others."""
    changed = change(body)
    if changed is not None:
        yield path, changed
    members: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in members:
        for at, inner in replace_each(value, change, f"{path}.{name}".lstrip(".")):
            copy = dict(body) if isinstance(body, dict) else list(body)
            copy[name] = inner
            yield at, copy
