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
from tests.cloud import forget_connections
from tests.conftest import forget

FORK = multiprocessing.get_context("fork")
PATIENCE_SECONDS = 120

Errand = Callable[[], Any]


def at_once(errands: Sequence[Errand]) -> list[Any]:
    """What each of them brought home, in the order given; an errand that broke breaks the test."""
    return [found for (found,) in in_rounds([[each] for each in errands])]


def in_rounds(each_ones: Sequence[Sequence[Errand]]) -> list[list[Any]]:
    """For each process its own errands; all of them begin each round together."""
    gate = FORK.Barrier(len(each_ones))
    lines = [FORK.Pipe(duplex=False) for _ in each_ones]
    runners = [FORK.Process(target=_run, args=(errands, gate, out)) for errands, (_, out) in zip(each_ones, lines)]
    for runner in runners:
        runner.start()
    for _, out in lines:
        out.close()
    brought = [_heard(home) for home, _ in lines]
    for runner in runners:
        runner.join(PATIENCE_SECONDS)
    broken = [words for went_well, words in brought if not went_well]
    assert not broken, "\n".join(broken)
    return [found for _, found in brought]


def _heard(home: Connection) -> tuple[bool, Any]:
    if not home.poll(PATIENCE_SECONDS):
        return False, "did not come back"
    try:
        return home.recv()  # type: ignore[no-any-return]
    except EOFError:
        return False, "was killed"


def _run(errands: Sequence[Errand], gate: Any, home: Connection) -> None:
    on_own_feet()
    call("GET", "/api/health")  # the first call makes the client; nobody should be slower than others for that
    brought = []
    try:
        for errand in errands:
            gate.wait(PATIENCE_SECONDS)
            brought.append(errand())
        home.send((True, brought))
    except BaseException:
        gate.abort()
        home.send((False, traceback.format_exc()))


def on_own_feet() -> None:
    """A forked process shares sockets and the state of its dice with its parent; neither must be used twice."""
    forget_connections()
    forget()
    transports.forget()
    random.seed()


def shared_out(errands: Sequence[Errand], processes: int) -> list[Any]:
    """Many errands over a few processes, each of which does its part one after the other."""
    parts = [errands[start::processes] for start in range(processes)]
    return [
        found for part in at_once([lambda part=part: [each() for each in part] for part in parts]) for found in part
    ]
