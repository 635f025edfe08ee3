"""What makes a process fast at living histories; nothing in here changes what they tell."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pynamodb.attributes import Attribute

from chalicelib.kit.db import Row


@contextmanager
def settled_down() -> Iterator[None]:
    """What has been imported by now stays: the collector need not look at it each time, nor so often."""
    often = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


@contextmanager
def plain_rows() -> Iterator[None]:
    """PynamoDB asks a descriptor for every value of a row, which is a tenth of a history. Without its setter a row
    keeps them as plain attributes, and only what was never set comes to the getter; what travels is the same. A row
    made outside is refused inside, and the other way round."""
    if "__set__" not in vars(Attribute):  # inside already
        yield
        return
    setter, getter = Attribute.__set__, Attribute.__get__
    del Attribute.__set__
    Attribute.__get__ = _never_set  # type: ignore[method-assign, assignment]
    Row.attribute_values = property(vars, lambda row, values: None)  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        Attribute.__set__, Attribute.__get__ = setter, getter  # type: ignore[method-assign]
        del Row.attribute_values  # type: ignore[misc]


def _never_set(attribute: Any, row: Any, owner: Any) -> Any:
    if row is None:
        return attribute
    if "attribute_values" in vars(row):
        raise TypeError("a row from outside has come into a simulated shop")
    return None
