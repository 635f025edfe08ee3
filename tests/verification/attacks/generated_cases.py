"""Test cases that schemathesis generates from openapi.json: valid ones and deliberately invalid ones."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Mapping
from functools import cache
from itertools import cycle, islice
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.exchange.model import FILES
from infra import openapi

# Random bytes are never a zip, and openapi.json does not describe the content of one.
zip_contents = st.dictionaries(st.sampled_from([f"{name}.csv" for name in FILES]), st.text(max_size=200), max_size=3)
schemathesis.openapi.media_type(
    "application/zip", st.one_of(zip_contents.map(lambda files: zip_files(files)), st.binary())
)
KINDS = {"right": GenerationMode.POSITIVE, "wrong": GenerationMode.NEGATIVE}


@cache
def load_document() -> Any:
    return json.loads(openapi.render())


@cache
def load_operations() -> Any:
    return {
        result.ok().label: result.ok()
        for result in schemathesis.openapi.from_dict(load_document_without_headers()).get_all_operations()
    }


def load_document_without_headers() -> Any:
    """Return the document without authentication and Idempotency-Key, which every request of these tests has anyway.

    A case that is invalid only in these would be valid once it is sent.
    """
    document = json.loads(json.dumps(load_document()))
    del document["components"]["securitySchemes"]
    for operation in [operation for methods in document["paths"].values() for operation in methods.values()]:
        del operation["security"]
        parameters = operation.get("parameters", [])
        operation["parameters"] = [parameter for parameter in parameters if parameter["in"] != "header"]
    return document


def zip_files(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            data = content.encode("utf-8", "replace") if isinstance(content, str) else content
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def takes_input(name: str) -> bool:
    """Return True if the endpoint has anything to generate: a body, a query or a path parameter."""
    operation = find_operation(load_document_without_headers(), name)
    return bool(operation["parameters"]) or "requestBody" in operation


def find_operation(document: Any, name: str) -> Any:
    method, path = name.split(" ")
    return document["paths"][path][method.lower()]


def generate_cases(name: str, kind: str, count: int, chance: random.Random) -> list[Any]:
    """Return `count` cases; if fewer distinct ones exist, they are repeated."""
    cases: list[Any] = []

    @seed(chance.getrandbits(64))
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(load_operations()[name].as_strategy(generation_mode=KINDS[kind]))
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    return list(islice(cycle(cases), count))
