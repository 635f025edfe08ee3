"""Cases that schemathesis makes up from openapi.json: right ones, and ones that are wrong on purpose.

Drawn straight from its strategies. Hypothesis' engine around them looks for the smallest case that fails and remembers
each that it tried, which costs more than half of the time and makes every third case once more.
"""

from __future__ import annotations

import gc
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any
from unittest.mock import patch

import schemathesis
from hypothesis import strategies as st
from hypothesis.control import BuildContext
from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers
from hypothesis.internal.conjecture.data import ConjectureData
from schemathesis import GenerationMode

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.exchange.model import FILES
from infra import openapi

_rounds = count(1)
# Bytes made up alone would never be a zip, and what is in one is not for openapi.json to say.
packed = st.dictionaries(st.sampled_from([f"{name}.csv" for name in FILES]), st.text(max_size=200), max_size=3)
schemathesis.openapi.media_type("application/zip", st.one_of(packed.map(lambda files: zipped(files)), st.binary()))
KINDS = {"right": GenerationMode.POSITIVE, "wrong": GenerationMode.NEGATIVE}


@cache
def document() -> Any:
    return json.loads(openapi.written())


@cache
def operations() -> Any:
    return {each.ok().label: each.ok() for each in schemathesis.openapi.from_dict(asked()).get_all_operations()}


def asked() -> Any:
    """The document without what every request here says by itself: who sends it, and its Idempotency-Key. A case
    that is wrong in nothing else would be right once it is sent."""
    said = json.loads(json.dumps(document()))
    del said["components"]["securitySchemes"]
    for operation in [each for methods in said["paths"].values() for each in methods.values()]:
        del operation["security"]
        operation["parameters"] = [each for each in operation.get("parameters", []) if each["in"] != "header"]
    return said


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, said in files.items():
            archive.writestr(zipfile.ZipInfo(name), said.encode("utf-8", "replace") if isinstance(said, str) else said)
    return out.getvalue()


def says_something(name: str) -> bool:
    """Whether there is anything at this door to make up: a body, a query or a part of its address."""
    operation = operation_of(asked(), name)
    return bool(operation["parameters"]) or "requestBody" in operation


def operation_of(said: Any, name: str) -> Any:
    method, path = name.split(" ")
    return said["paths"][path][method.lower()]


def cases(name: str, kind: str, how_many: int, chance: random.Random) -> Iterator[Any]:
    strategy = operations()[name].as_strategy(generation_mode=KINDS[kind])
    made = 0
    while made < how_many:
        data = ConjectureData(random=random.Random(chance.getrandbits(64)))
        try:
            with BuildContext(data, wrapped_test=cases):
                case = with_room(data.draw, strategy)
        except (StopTest, UnsatisfiedAssumption):
            continue  # it led to no case
        made += 1
        yield case
    if next(_rounds) % 16 == 0 and not gc.isenabled():
        gc.collect()


def with_room(draw: Callable[[Any], Any], strategy: Any) -> Any:
    """Python 3.11 keeps its frames in pieces of 16 KB. Strategies go deep and come back a thousand times for a case,
    and where a piece ends in between, it is asked of the system and given back each time."""
    return draw(strategy)


# A frame that claims half a megabyte gets a piece of a whole one, and those above it stand in the rest.
with_room.__code__ = with_room.__code__.replace(co_stacksize=2**16)


@contextmanager
def the_same_everywhere() -> Iterator[None]:
    """Hypothesis strews in words that it finds in the modules of this process; here these are the document's own.
    And it is seldom looked for what can be swept up, which was a quarter of the time."""
    words, seen = strewn_in()
    collecting = gc.isenabled()
    gc.disable()
    try:
        with (
            patch.object(providers, "_get_local_constants", lambda: words),
            patch.object(providers, "CONSTANTS_CACHE", seen),
        ):
            yield
    finally:
        if collecting:
            gc.enable()


@cache
def strewn_in() -> tuple[Any, LRUCache[Any, Any]]:
    return providers.Constants(strings=providers.SortedSet(words_of(document()))), LRUCache(1024)


def words_of(said: Any) -> set[str]:
    """What its examples and lists of words say."""
    if isinstance(said, dict):
        here = [said.get("example"), said.get("examples"), said.get("enum"), said.get("const")]
        return {word for each in here for word in texts(each)} | {w for each in said.values() for w in words_of(each)}
    return {word for each in said for word in words_of(each)} if isinstance(said, list) else set()


def texts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    for each in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from texts(each)
