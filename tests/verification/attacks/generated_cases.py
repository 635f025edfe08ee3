"""Cases that schemathesis makes up from openapi.json: right ones, and ones that are wrong on purpose."""

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

# Bytes made up alone would never be a zip, and what is in one is not for openapi.json to say.
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
        each.ok().label: each.ok()
        for each in schemathesis.openapi.from_dict(load_document_without_headers()).get_all_operations()
    }


def load_document_without_headers() -> Any:
    """The document without what every request here says by itself: who sends it, and its Idempotency-Key. A case
    that is wrong in nothing else would be right once it is sent."""
    said = json.loads(json.dumps(load_document()))
    del said["components"]["securitySchemes"]
    for operation in [each for methods in said["paths"].values() for each in methods.values()]:
        del operation["security"]
        operation["parameters"] = [each for each in operation.get("parameters", []) if each["in"] != "header"]
    return said


def zip_files(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, said in files.items():
            archive.writestr(zipfile.ZipInfo(name), said.encode("utf-8", "replace") if isinstance(said, str) else said)
    return out.getvalue()


def takes_input(name: str) -> bool:
    """Whether there is anything at this door to make up: a body, a query or a part of its address."""
    operation = find_operation(load_document_without_headers(), name)
    return bool(operation["parameters"]) or "requestBody" in operation


def find_operation(said: Any, name: str) -> Any:
    method, path = name.split(" ")
    return said["paths"][path][method.lower()]


def generate_cases(name: str, kind: str, how_many: int, chance: random.Random) -> list[Any]:
    """As many as asked for; where only few different ones can be made, these come again."""
    made: list[Any] = []

    @seed(chance.getrandbits(64))
    @settings(
        max_examples=how_many,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(load_operations()[name].as_strategy(generation_mode=KINDS[kind]))
    def collect(case: Any) -> None:
        made.append(case)

    collect()
    return list(islice(cycle(made), how_many))
