"""Applies one mutant after another to the running process, each in its own fork, and runs the tests that reach it.

The code object of the function is replaced in place, so every importer sees the change; nothing is written to disk.
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
# A mutant whose tests need more than MIN_CPU_SECONDS plus CPU_TIME_FACTOR times their usual time loops endlessly.
MIN_CPU_SECONDS, CPU_TIME_FACTOR = 10, 4

FINDING_PHASES = (Phase.explicit, Phase.generate)  # shrinking a failing example would only take time

Function = tuple[str, str]  # file, qualified name


def find_survivors(
    mutants: Sequence[Mutant], tests: Sequence[str], on_survivor: Callable[[Mutant], None] = print
) -> list[Mutant]:
    """Return the mutants that no test detects; `on_survivor` is called for each as soon as it is known.

    Raises RuntimeError when the tests fail without a mutant.
    """
    settings.register_profile("mutation", max_examples=20, database=None, derandomize=True, phases=FINDING_PHASES)
    settings.load_profile("mutation")
    plugin = _MutationPlugin(mutants, on_survivor)
    options = ["-o", "addopts=", "-s", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist"]
    exit_code = pytest.main([*options, *tests], plugins=[plugin])
    if plugin.broken or exit_code:
        raise RuntimeError(f"the tests fail without a mutant: {plugin.broken or exit_code}")
    return plugin.survived


class _MutationPlugin:
    def __init__(self, mutants: Sequence[Mutant], on_survivor: Callable[[Mutant], None]) -> None:
        self.mutants, self.on_survivor = mutants, on_survivor
        self.survived: list[Mutant] = []
        self.broken: list[str] = []
        self.tests_by_function: dict[Function, list[Any]] = {}
        self.cpu_seconds: dict[str, float] = {}
        self.failed = False  # whether the running test has failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> bool | None:
        """Give tests that request moto the in-memory engine, which behaves the same and starts at once."""
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
        gc.freeze()  # otherwise every fork copies the pages that its collector touches
        for mutant in self.mutants:
            if not self._is_detected(mutant):
                self.survived.append(mutant)
                self.on_survivor(mutant)
        return True

    def _trace_tests(self, items: Sequence[Any]) -> None:
        """Record which tests reach which function, the fastest first."""
        files = {os.path.abspath(mutant.file): mutant.file for mutant in self.mutants}
        for item in items:
            functions: set[Function] = set()
            started_at = time.process_time()
            sys.settrace(_build_tracer(files, functions))
            try:
                passed = self._passes(item)
            finally:
                sys.settrace(None)
            self.cpu_seconds[item.nodeid] = time.process_time() - started_at
            if not passed:
                self.broken.append(item.nodeid)
            for function in functions:
                self.tests_by_function.setdefault(function, []).append(item)
        for tests in self.tests_by_function.values():
            tests.sort(key=lambda item: self.cpu_seconds[item.nodeid])

    def _passes(self, item: Any) -> bool:
        self.failed = False
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.failed

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed |= report.failed

    def _is_detected(self, mutant: Mutant) -> bool:
        child = os.fork()
        if child == 0:
            os._exit(self._run_in_fork(mutant))
        exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if exit_code == CANNOT_APPLY:
            raise RuntimeError(f"this mutant cannot be applied: {mutant}")
        return exit_code != 0

    def _run_in_fork(self, mutant: Mutant) -> int:
        tests = self.tests_by_function.get((mutant.file, mutant.function), [])
        max_seconds = MIN_CPU_SECONDS + CPU_TIME_FACTOR * int(sum(self.cpu_seconds[item.nodeid] for item in tests))
        resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1), os.dup2(devnull, 2)
        try:
            apply_mutant(mutant)
        except BaseException:
            return CANNOT_APPLY  # otherwise an untested mutant would count as detected
        try:
            return 0 if all(self._passes(item) for item in tests) else 1
        except BaseException:
            return 1


def _build_tracer(files: dict[str, str], functions: set[Function]) -> Callable[..., None]:
    def trace_call(frame: Any, event: str, value: Any) -> None:
        file = files.get(frame.f_code.co_filename)
        if file:
            functions.add((file, frame.f_code.co_qualname.partition(".<locals>")[0]))

    return trace_call


def apply_mutant(mutant: Mutant) -> None:
    """Apply the mutant to the current process permanently; call this in a fork."""
    name = mutant.file.removesuffix(".py").replace("/", ".")
    code = _find_code(compile(mutant.source(), os.path.abspath(mutant.file), "exec"), mutant.function)
    _find_function(importlib.import_module(name), mutant.function).__code__ = code


def _find_code(parent: CodeType, qualname: str) -> CodeType:
    return next(code for code in _list_codes(parent) if code.co_qualname == qualname)


def _list_codes(parent: CodeType) -> Iterator[CodeType]:
    for const in parent.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from _list_codes(const)


def _find_function(module: Any, qualname: str) -> FunctionType:
    """Return the function with this name, unwrapped from properties and static methods."""
    value: Any = module
    for part in qualname.split("."):
        value = vars(value)[part]
    while not isinstance(value, FunctionType):
        value = next(
            getattr(value, name) for name in ("fget", "func", "__func__", "__wrapped__") if hasattr(value, name)
        )
    return value
