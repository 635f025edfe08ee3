"""What makes a process fast at living histories; nothing in here changes what they tell."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from typing import Any

from pynamodb.attributes import Attribute

from chalicelib.kit.attributes import Plain
from chalicelib.kit.db import Row


@contextmanager
def settled_down() -> Iterator[None]:
    """What has been imported by now stays: the collector need not look at it each time, nor so often."""
    often = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 50)
    try:
        with plain_values():
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
    setter, getter = Attribute.__set__, Plain.__get__
    del Attribute.__set__
    Plain.__get__ = _never_set
    Row.attribute_values = property(vars, lambda row, values: None)  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        Attribute.__set__, Plain.__get__ = setter, getter  # type: ignore[method-assign]
        del Row.attribute_values  # type: ignore[misc]


def _never_set(attribute: Any, row: Any, owner: Any) -> Any:
    if row is None:
        return attribute
    if "attribute_values" in vars(row):
        raise TypeError("a row from outside has come into a simulated shop")
    return None


@contextmanager
def plain_values() -> Iterator[None]:
    """A frozen value sets its fields as if somebody else wanted to change it, one call each. Made here it fills in its
    dictionary; afterwards it refuses changes as ever."""
    made = {kind: (vars(kind)["__init__"], _filling_in(kind)) for kind in _frozen()}
    for kind, (_, quick) in made.items():
        kind.__init__ = quick
    try:
        yield
    finally:
        for kind, (usual, _) in made.items():
            kind.__init__ = usual


def _frozen() -> set[Any]:
    """The shop's frozen values that have nothing but ordinary fields."""
    modules = [module for name, module in sys.modules.items() if name.startswith("chalicelib.")]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return {kind for kind in kinds if "__dataclass_params__" in vars(kind) and _is_ordinary(kind)}


def _is_ordinary(kind: Any) -> bool:
    frozen = kind.__dataclass_params__.frozen and "__init__" in vars(kind) and not hasattr(kind, "__slots__")
    return frozen and all(each.init and not each.kw_only for each in fields(kind))


def _filling_in(kind: Any) -> Any:
    known: dict[str, Any] = {"ABSENT": MISSING}
    asked, filled = [], []
    for each in fields(kind):
        known |= {f"default_{each.name}": each.default, f"make_{each.name}": each.default_factory}
        made_anew = each.default_factory is not MISSING
        default = "ABSENT" if made_anew else f"default_{each.name}" if each.default is not MISSING else ""
        asked.append(f"{each.name}={default}" if default else each.name)
        value = f"make_{each.name}() if {each.name} is ABSENT else {each.name}" if made_anew else each.name
        filled.append(f"    _values['{each.name}'] = {value}")
    after = ["    self.__post_init__()"] if hasattr(kind, "__post_init__") else []
    lines = [f"def __init__(self, {', '.join(asked)}):", "    _values = self.__dict__", *filled, *after]
    exec("\n".join(lines), known)
    return known["__init__"]
