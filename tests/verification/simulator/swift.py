"""What makes a process fast at living histories; nothing in here changes what they tell."""

from __future__ import annotations

import gc
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from functools import cache, cached_property, lru_cache
from types import FunctionType
from typing import Any

from pydantic_core import to_json

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.kit import auth, compact, config
from chalicelib.notify import carriers


@contextmanager
def settled_down() -> Iterator[None]:
    """What has been imported by now stays: the collector need not look at it each time, nor so often."""
    often = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 50)
    try:
        with plain_values(), read_once(), settings_as_they_are(), quick_helpers():
            yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


@contextmanager
def read_once() -> Iterator[None]:
    """A row that stays the same is given to everybody who reads it, so what a room makes of it is made once, too."""
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("chalicelib.")]
    makers = {each for module in modules for each in module.values() if _reads_a_row(each)}
    with instead({each: _remembering(each) for each in makers}):
        yield


def _reads_a_row(each: Any) -> bool:
    """`as_order(row)` of a room's store."""
    asked = each.__code__.co_varnames[: each.__code__.co_argcount] if isinstance(each, FunctionType) else ()
    return asked == ("row",) and each.__name__.startswith("as_") and each.__module__.startswith("chalicelib.")


def _remembering(read: Any) -> Any:
    name = f"read {read.__name__}"

    def once(row: Any) -> Any:
        kept = vars(row)
        made = kept.get(name)
        if made is None:
            made = kept[name] = read(row)
        return made

    return once


@contextmanager
def settings_as_they_are() -> Iterator[None]:
    """The environment is asked a thousand times in a history, and nobody changes it meanwhile."""
    kept, found, allowed = (config.setting, carriers.allowed), dict(os.environ), carriers.allowed()
    config.setting, carriers.allowed = lambda name, default="": found.get(f"SATUKANAL_{name}", default), lambda: allowed
    try:
        yield
    finally:
        config.setting, carriers.allowed = kept


@contextmanager
def quick_helpers() -> Iterator[None]:
    """Python 3.11 takes a lock for each property that it works out once, and a history has one thread; answers are kept
    as they are, not pressed; the same token is signed many times over."""
    locking, pressed, signed = cached_property.__get__, compact.pack, auth._mac
    cached_property.__get__ = _worked_out  # type: ignore[method-assign, assignment]
    compact.pack, auth._mac = lambda value: zlib.compress(to_json(value), 0), lru_cache(1024)(signed)
    try:
        with instead({replace: _replaced}):
            yield
    finally:
        cached_property.__get__ = locking  # type: ignore[method-assign]
        compact.pack, auth._mac = pressed, signed


@contextmanager
def instead(others: dict[Any, Any]) -> Iterator[None]:
    """Wherever the shop knows one of these functions by name, it calls the other."""
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("chalicelib.")]
    functions = [
        (module, name, each) for module in modules for name, each in module.items() if isinstance(each, FunctionType)
    ]
    places = [(module, name, each) for module, name, each in functions if each in others]
    for module, name, each in places:
        module[name] = others[each]
    try:
        yield
    finally:
        for module, name, each in places:
            module[name] = each


def _replaced(value: Any, /, **changes: Any) -> Any:
    kept = vars(value)
    return type(value)(**{name: kept[name] for name in _names(type(value))} | changes)


@cache
def _names(kind: Any) -> list[str]:
    return [each.name for each in fields(kind)]


def _worked_out(each: Any, owner: Any, kind: Any = None) -> Any:
    if owner is None:
        return each
    value = vars(owner)[each.attrname] = each.func(owner)
    return value


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
