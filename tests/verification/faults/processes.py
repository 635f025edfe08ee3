"""Several real processes at the shop's doors, let go at the same moment, each over connections of its own."""

from __future__ import annotations

import multiprocessing
import random
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from chalicelib.notify import transports
from tests.client import call
from tests.conftest import clear_caches
from tests.moto_aws import reset_connections

FORK = multiprocessing.get_context("fork")
TIMEOUT_SECONDS = 120

Task = Callable[[], Any]


def run_at_once(errands: Sequence[Task]) -> list[Any]:
    """What each of them brought home, in the order given; an errand that broke breaks the test."""
    return [found for (found,) in run_in_rounds([[each] for each in errands])]


def run_in_rounds(each_ones: Sequence[Sequence[Task]]) -> list[list[Any]]:
    """For each process its own errands; all of them begin each round together."""
    gate = FORK.Barrier(len(each_ones))
    lines = [FORK.Pipe(duplex=False) for _ in each_ones]
    runners = [FORK.Process(target=_run, args=(errands, gate, out)) for errands, (_, out) in zip(each_ones, lines)]
    for runner in runners:
        runner.start()
    for _, out in lines:
        out.close()
    brought = [_receive(home) for home, _ in lines]
    for runner in runners:
        runner.join(TIMEOUT_SECONDS)
    broken = [words for went_well, words in brought if not went_well]
    assert not broken, "\n".join(broken)
    return [found for _, found in brought]


def _receive(home: Connection) -> tuple[bool, Any]:
    if not home.poll(TIMEOUT_SECONDS):
        return False, "did not come back"
    try:
        return home.recv()  # type: ignore[no-any-return]
    except EOFError:
        return False, "was killed"


def _run(errands: Sequence[Task], gate: Any, home: Connection) -> None:
    reset_after_fork()
    call("GET", "/api/health")  # the first call makes the client; nobody should be slower than others for that
    brought = []
    try:
        for errand in errands:
            gate.wait(TIMEOUT_SECONDS)
            brought.append(errand())
        home.send((True, brought))
    except BaseException:
        gate.abort()
        home.send((False, traceback.format_exc()))


def reset_after_fork() -> None:
    """A forked process shares sockets and the state of its dice with its parent; neither must be used twice."""
    reset_connections()
    clear_caches()
    transports.clear_clients()
    random.seed()


def run_distributed(errands: Sequence[Task], processes: int) -> list[Any]:
    """Many errands over a few processes, each of which does its part one after the other."""
    parts = [errands[start::processes] for start in range(processes)]
    return [
        found for part in run_at_once([lambda part=part: [each() for each in part] for part in parts]) for found in part
    ]
