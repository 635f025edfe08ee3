"""Validate a sent request against openapi.json: its body, query and path parameters."""

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
    """Return the ways in which the request violates openapi.json, as texts; empty if it is valid."""
    violations = file_violations(query, body) if takes_files(name) else body_violations(name, body)
    return [*violations, *query_violations(name, query), *path_violations(name, path)]


def takes_files(name: str) -> bool:
    return "application/zip" in find_operation(load_document(), name).get("requestBody", {}).get("content", {})


def file_violations(query: dict[str, str], body: bytes) -> Iterator[str]:
    """Check for CSV in UTF-8, or a zip of it if the query names no file. The import reports errors of rows itself."""
    try:
        files = {query["file"]: body} if query.get("file") else unzip(body)
        for content in files.values():
            content.decode()
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        yield f"{error!r}"
    else:
        yield from (f"there is no file {name}" for name in files if name not in FILES)


def unzip(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name.removesuffix(".csv"): archive.read(name) for name in archive.namelist()}


def body_violations(name: str, body: Any) -> Iterator[str]:
    validator = body_validator(name)
    if validator:
        value = json.loads(body) if isinstance(body, bytes) else body
        yield from (error.message for error in validator.iter_errors(value))


def query_violations(name: str, query: dict[str, str]) -> Iterator[str]:
    validators = parameter_validators(name, "query")
    parameters = find_operation(load_document(), name).get("parameters", [])
    required = {parameter["name"] for parameter in parameters if parameter["required"]}
    yield from (f"{parameter} is missing" for parameter in validators if parameter in required - query.keys())
    for parameter, text in query.items():
        if parameter in validators:
            validator = validators[parameter]
            errors = validator.iter_errors(parse_query_value(validator.schema, text))
            yield from (f"{parameter}: {error.message}" for error in errors)
        elif parameter != "token":  # an order's token is accepted in every query
            yield f"{parameter} is not known"


def path_violations(name: str, path: str) -> Iterator[str]:
    template = name.split(" ")[1]
    validators = parameter_validators(name, "path")
    match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>.+)", template), path.removeprefix("/api"), re.S)
    for parameter, text in match.groupdict().items() if match else ():
        if not any(validators[parameter].is_valid(value) for value in (text, unquote(text))):
            yield f"{parameter}: {text!r} is not a valid path parameter"


def parse_query_value(schema: Any, text: str) -> Any:
    """Return the value as its schema's type: an integer or boolean only if it is written as in JSON, else the text."""
    kinds = {part.get("type") for part in schema.get("anyOf", [schema])}
    if "integer" in kinds and INTEGER.fullmatch(text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if "boolean" in kinds else text


@cache
def body_validator(name: str) -> Draft202012Validator | None:
    body = find_operation(load_document(), name).get("requestBody")
    if body is None:
        return None
    schema = body["content"]["application/json"]["schema"] | {"components": load_document()["components"]}
    return Draft202012Validator(schema)


@cache
def parameter_validators(name: str, location: str) -> dict[str, Draft202012Validator]:
    parameters = find_operation(load_document(), name).get("parameters", [])
    checker = FormatChecker()
    return {
        parameter["name"]: Draft202012Validator(parameter["schema"], format_checker=checker)
        for parameter in parameters
        if parameter["in"] == location
    }
