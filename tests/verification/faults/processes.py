"""Run requests from several real processes at the same moment, each process with its own connections."""

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


def run_at_once(tasks: Sequence[Task]) -> list[Any]:
    """Run each task in its own process and return their results in order; a failed task fails the test."""
    return [result for (result,) in run_in_rounds([[task] for task in tasks])]


def run_in_rounds(tasks_by_process: Sequence[Sequence[Task]]) -> list[list[Any]]:
    """Run one process for each list of tasks; all processes start their next task together."""
    barrier = FORK.Barrier(len(tasks_by_process))
    pipes = [FORK.Pipe(duplex=False) for _ in tasks_by_process]
    processes = [
        FORK.Process(target=_run, args=(tasks, barrier, sender)) for tasks, (_, sender) in zip(tasks_by_process, pipes)
    ]
    for process in processes:
        process.start()
    for _, sender in pipes:
        sender.close()
    outcomes = [_receive(receiver) for receiver, _ in pipes]
    for process in processes:
        process.join(TIMEOUT_SECONDS)
    errors = [error for succeeded, error in outcomes if not succeeded]
    assert not errors, "\n".join(errors)
    return [results for _, results in outcomes]


def _receive(receiver: Connection) -> tuple[bool, Any]:
    if not receiver.poll(TIMEOUT_SECONDS):
        return False, "timed out"
    try:
        return receiver.recv()  # type: ignore[no-any-return]
    except EOFError:
        return False, "was killed"


def _run(tasks: Sequence[Task], barrier: Any, sender: Connection) -> None:
    reset_after_fork()
    call("GET", "/api/health")  # creates the client, so that the first task is not slower
    results = []
    try:
        for task in tasks:
            barrier.wait(TIMEOUT_SECONDS)
            results.append(task())
        sender.send((True, results))
    except BaseException:
        barrier.abort()
        sender.send((False, traceback.format_exc()))


def reset_after_fork() -> None:
    """Replace what a forked process must not share with its parent: connections, caches and random state."""
    reset_connections()
    clear_caches()
    transports.clear_clients()
    random.seed()


def run_distributed(tasks: Sequence[Task], processes: int) -> list[Any]:
    """Distribute the tasks over a few processes, which run theirs one after the other; return all results."""
    parts = [tasks[start::processes] for start in range(processes)]
    results = run_at_once([lambda part=part: [task() for task in part] for part in parts])
    return [result for part in results for result in part]
