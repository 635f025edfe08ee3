"""Puts one change after another into the running shop, each in a fork of its own, and asks the tests that reach it.

A function's code is exchanged where it stands, so whoever imported it meets the change; nothing is written to disk.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

import pytest
from hypothesis import Phase, settings

from chalicelib.kit import db
from tests.verification.mutation.mutants import Mutant
from tests.verification.simulator.memory_engine import MemoryEngine

CANNOT_APPLY = 3
MIN_CPU_SECONDS, CPU_TIME_FACTOR = (
    10,
    4,
)  # of CPU, and of what its tests took without it: then a change has made a loop endless

FINDING_PHASES = (Phase.explicit, Phase.generate)  # a smaller example would tell us nothing more

Function = tuple[str, str]  # file, and what Python calls it


def find_survivors(
    mutants: Sequence[Mutant], tests: Sequence[str], on_survivor: Callable[[Mutant], None] = print
) -> list[Mutant]:
    """Those that no test notices, of the tests that reach their function; each is told as soon as it is known."""
    settings.register_profile("mutation", max_examples=20, database=None, derandomize=True, phases=FINDING_PHASES)
    settings.load_profile("mutation")
    trial = _MutationPlugin(mutants, on_survivor)
    quiet = ["-o", "addopts=", "-s", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist"]
    ended = pytest.main([*quiet, *tests], plugins=[trial])
    if trial.broken or ended:
        raise RuntimeError(f"the tests fail without any change: {trial.broken or ended}")
    return trial.survived


class _MutationPlugin:
    def __init__(self, mutants: Sequence[Mutant], told: Callable[[Mutant], None]) -> None:
        self.mutants, self.on_survivor = mutants, told
        self.survived: list[Mutant] = []
        self.broken: list[str] = []
        self.tests_by_function: dict[Function, list[Any]] = {}
        self.cpu_seconds: dict[str, float] = {}
        self.failed = False  # whether anything of the test that runs now has failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> bool | None:
        """Tests that ask for moto are given the engine in memory, which is held to the same answers and is at hand at
        once."""
        if fixturedef.argname != "aws":
            return None
        db.engine = MemoryEngine()
        fixturedef.cached_result = (db.engine, fixturedef.cache_key(request), None)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        self._trace_tests(session.items)
        if self.broken:
            return True
        gc.freeze()  # or every fork copies what its collector touches
        for mutant in self.mutants:
            if not self._is_noticed(mutant):
                self.survived.append(mutant)
                self.on_survivor(mutant)
        return True

    def _trace_tests(self, items: Sequence[Any]) -> None:
        """Which tests reach which function; the quickest are asked first."""
        files = {os.path.abspath(mutant.file): mutant.file for mutant in self.mutants}
        for item in items:
            seen: set[Function] = set()
            began = time.process_time()
            sys.settrace(_build_tracer(files, seen))
            try:
                passed = self._passes(item)
            finally:
                sys.settrace(None)
            self.cpu_seconds[item.nodeid] = time.process_time() - began
            if not passed:
                self.broken.append(item.nodeid)
            for function in seen:
                self.tests_by_function.setdefault(function, []).append(item)
        for reached in self.tests_by_function.values():
            reached.sort(key=lambda item: self.cpu_seconds[item.nodeid])

    def _passes(self, item: Any) -> bool:
        self.failed = False
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.failed

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed |= report.failed

    def _is_noticed(self, mutant: Mutant) -> bool:
        child = os.fork()
        if child == 0:
            os._exit(self._run_in_fork(mutant))
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == CANNOT_APPLY:
            raise RuntimeError(f"this change cannot be put in: {mutant}")
        return ended != 0

    def _run_in_fork(self, mutant: Mutant) -> int:
        reached = self.tests_by_function.get((mutant.file, mutant.function), [])
        longest = MIN_CPU_SECONDS + CPU_TIME_FACTOR * int(sum(self.cpu_seconds[item.nodeid] for item in reached))
        resource.setrlimit(resource.RLIMIT_CPU, (longest, longest))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        try:
            apply_mutant(mutant)
        except BaseException:
            return CANNOT_APPLY  # or what was never tried would pass for noticed
        try:
            return 0 if all(self._passes(item) for item in reached) else 1
        except BaseException:
            return 1


def _build_tracer(files: dict[str, str], seen: set[Function]) -> Callable[..., None]:
    def called(frame: Any, event: str, value: Any) -> None:
        file = files.get(frame.f_code.co_filename)
        if file:
            seen.add((file, frame.f_code.co_qualname.partition(".<locals>")[0]))

    return called


def apply_mutant(mutant: Mutant) -> None:
    """Into this very process, for good: call it in a fork."""
    name = mutant.file.removesuffix(".py").replace("/", ".")
    changed = _find_code(compile(mutant.source(), os.path.abspath(mutant.file), "exec"), mutant.function)
    _find_function(importlib.import_module(name), mutant.function).__code__ = changed


def _find_code(of: CodeType, qualname: str) -> CodeType:
    return next(code for code in _list_codes(of) if code.co_qualname == qualname)


def _list_codes(of: CodeType) -> Iterator[CodeType]:
    for const in of.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from _list_codes(const)


def _find_function(module: Any, qualname: str) -> FunctionType:
    """What stands under its name, out of the wrapping of properties and static methods."""
    found: Any = module
    for part in qualname.split("."):
        found = vars(found)[part]
    while not isinstance(found, FunctionType):
        found = next(
            getattr(found, name) for name in ("fget", "func", "__func__", "__wrapped__") if hasattr(found, name)
        )
    return found
