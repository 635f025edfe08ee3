"""Histories on the full path hold, a seed tells the same story in any process, and a sown bug is found by them.

`make verify` lives more than ten times as many, and then every route must have given a good answer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.channels import routes as channels
from chalicelib.kit import clock, db, idempotency, ids, web
from chalicelib.notify import stream
from tests.verification.simulator.batch import FULL_STACK_STEPS, run_full_stack_histories
from tests.verification.simulator.full_stack import run_history
from tests.verification.simulator.full_stack_client import find_uncovered_routes
from tests.verification.simulator.full_stack_probabilities import Violation

HISTORIES = int(os.environ.get("FULL_HISTORIES", "40"))
MAX_UNCOVERED_ROUTES = 3  # routes that so many histories may miss
HISTORIES_UNTIL_FOUND = 60  # histories are enough to meet any sown bug
SERVICE_UNAVAILABLE = 503


def test_full_stack_histories_hold_and_cover_nearly_every_route() -> None:
    counts = run_full_stack_histories(range(HISTORIES))

    assert counts.violations == []
    assert counts.histories == HISTORIES
    assert counts.faults >= counts.sends / 4
    assert len(find_uncovered_routes(counts.occurrences)) <= MAX_UNCOVERED_ROUTES, find_uncovered_routes(
        counts.occurrences
    )


def test_a_seed_gives_the_same_trace_in_any_process() -> None:
    """After other histories, and also where Python orders its sets another way."""
    stories = {
        "\n".join(run_history(11, FULL_STACK_STEPS).trace),
        *(run_in_new_process(hashing) for hashing in ("1", "2")),
    }

    assert len(stories) == 1


def run_in_new_process(hashing: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.full_stack", "11", str(FULL_STACK_STEPS)]
    environment = os.environ | {"PYTHONHASHSEED": hashing}
    said = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    return said.rpartition("seed 11: ")[0].rstrip()


original_call = db.Dynamo._call


def drop_unprocessed_keys(engine: db.Dynamo, operation: str, request: dict[str, Any]) -> Any:
    """The first answer of a batch is taken for all."""
    answer = original_call(engine, operation, request)
    answer.pop("UnprocessedKeys", None)
    return answer


def read_eventually_consistent(engine: db.Dynamo, operation: str, request: dict[str, Any]) -> Any:
    """Reads that decide need not be of the newest."""
    for each in (request, *request.get("RequestItems", {}).values()):
        each.pop("ConsistentRead", None)
    return original_call(engine, operation, request)


# What is changed, into what, and the words that must be in what is said to be wrong, whatever that is where none stand.
# Fast histories can see none of these.
BUGS: dict[str, tuple[Any, str, Any, str]] = {
    "half of a batch is taken for all of it": (db.Dynamo, "_call", drop_unprocessed_keys, ""),
    "decisions are made on old reads": (db.Dynamo, "_call", read_eventually_consistent, ""),
    "a guest's token is another one each time": (
        channels,
        "with_token",
        lambda call, answer: answer | new_token(),
        "O",
    ),
    "a busy store is taken for a bug": (
        web,
        "STATUS_BY_PROBLEM",
        [each for each in web.STATUS_BY_PROBLEM if each[1] != SERVICE_UNAVAILABLE],
        "answered 500",
    ),
    "the stream goes on past what SNS did not take": (stream, "find_first_missed", lambda records, missed: None, ""),
    "a repeat is not remembered": (idempotency, "record_answer", lambda request, answer: None, "O4"),
}


def new_token() -> dict[str, str]:
    return {"token": ids.new("tok", clock.now())}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, instead, words = BUGS[bug]
    run_history(0, 1)  # the shop opens before the bug is sown
    monkeypatch.setattr(where, name, instead)

    found = next((wrong for seed in range(HISTORIES_UNTIL_FOUND) if (wrong := find_violation(seed))), "")

    assert found
    assert words in found.rpartition("\n")[2]


def find_violation(seed: int) -> str:
    try:
        run_history(seed, FULL_STACK_STEPS)
    except Violation as wrong:
        return str(wrong)
    return ""
