"""What openapi.json says against a request as it was sent: against its body, its query and the parts of its address."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker

from chalicelib.exchange.model import FILES
from tests.verification.attacks.generated_cases import find_operation, load_document

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,30})")


def contract_violations(name: str, path: str, query: dict[str, str], body: Any) -> list[str]:
    said = file_violations(query, body) if takes_files(name) else body_violations(name, body)
    return [*said, *query_violations(name, query), *path_violations(name, path)]


def takes_files(name: str) -> bool:
    return "application/zip" in find_operation(load_document(), name).get("requestBody", {}).get("content", {})


def file_violations(query: dict[str, str], body: bytes) -> Iterator[str]:
    """CSV in UTF-8 where the query names a file, else a zip of such; what stands in them, the report tells."""
    try:
        files = {query["file"]: body} if query.get("file") else unzip(body)
        for said in files.values():
            said.decode()
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        yield f"{error!r}"
    else:
        yield from (f"no file is called {name}" for name in files if name not in FILES)


def unzip(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name.removesuffix(".csv"): archive.read(name) for name in archive.namelist()}


def body_violations(name: str, body: Any) -> Iterator[str]:
    there = body_validator(name)
    if there:
        sent = json.loads(body) if isinstance(body, bytes) else body
        yield from (error.message for error in there.iter_errors(sent))


def query_violations(name: str, query: dict[str, str]) -> Iterator[str]:
    known = parameter_validators(name, "query")
    needed = {each["name"] for each in find_operation(load_document(), name).get("parameters", []) if each["required"]}
    yield from (f"{each} is missing" for each in known if each in needed and each not in query)
    for each, text in query.items():
        if each in known:
            yield from (
                f"{each}: {error.message}"
                for error in known[each].iter_errors(parse_query_value(known[each].schema, text))
            )
        elif each != "token":  # that of an order, which any address may hold
            yield f"{each} is not known"


def path_violations(name: str, path: str) -> Iterator[str]:
    shape = name.split(" ")[1]
    known = parameter_validators(name, "path")
    sent = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>.+)", shape), path.removeprefix("/api"), re.S)
    for each, text in sent.groupdict().items() if sent else ():
        if not any(known[each].is_valid(said) for said in (text, unquote(text))):
            yield f"{each}: {text!r} is no part of an address"


def parse_query_value(schema: Any, text: str) -> Any:
    """A query is text; a number or a truth in it is one only where JSON would write it so."""
    kind = schema.get("type")
    if kind == "integer" and INTEGER.fullmatch(text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


@cache
def body_validator(name: str) -> Draft202012Validator | None:
    said = find_operation(load_document(), name).get("requestBody")
    if said is None:
        return None
    schema = said["content"]["application/json"]["schema"] | {"components": load_document()["components"]}
    return Draft202012Validator(schema)


@cache
def parameter_validators(name: str, place: str) -> dict[str, Draft202012Validator]:
    said = find_operation(load_document(), name).get("parameters", [])
    checker = FormatChecker()
    return {
        each["name"]: Draft202012Validator(each["schema"], format_checker=checker)
        for each in said
        if each["in"] == place
    }
