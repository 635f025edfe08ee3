"""The effects that journal entries have outside their own commit: work, notices, projections.

Messages start them. A package with such an effect writes `EFFECT = Effect(…)` in its events.py, from which
`notify/sweep.py` starts the effect of an entry whose message was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from chalicelib.kit.journal import EntryRow
from chalicelib.kit.packages import PACKAGES


def none_done(entries: Sequence[EntryRow]) -> set[str]:
    """`find_done` of an effect whose `start` itself reads whether anything is left to do."""
    return set()


@dataclass(frozen=True)
class Effect:
    """What one package does about entries of these kinds.

    `start` does it; for an entry whose effect exists it changes nothing. It raises what prevents the effect.
    `find_done` returns the event ids of those entries, all of these kinds, whose effect certainly exists; it saves the
    rest of the reads and writes of `start`.
    """

    name: str
    kinds: Container[str]
    start: Callable[[EntryRow], object]
    find_done: Callable[[Sequence[EntryRow]], set[str]] = none_done


def load_effects() -> list[Effect]:
    """Return the effects of all packages."""
    names = [f"chalicelib.{package}.events" for package in PACKAGES if package != "kit"]
    modules = [import_module(name) for name in names if find_spec(name)]
    return [module.EFFECT for module in modules if hasattr(module, "EFFECT")]
