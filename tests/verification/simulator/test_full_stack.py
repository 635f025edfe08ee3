"""Histories on the full path violate nothing, are reproducible by their seed, and detect planted bugs.

`make verify` runs thousands, and then every route must have been called successfully.
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
from tests.verification.sampling import choose_third, mark_cases
from tests.verification.simulator.batch import FULL_STACK_STEPS, run_full_stack_histories
from tests.verification.simulator.full_stack import run_history
from tests.verification.simulator.full_stack_probabilities import Violation

HISTORIES = int(os.environ.get("FULL_HISTORIES", "12"))
HISTORIES_UNTIL_FOUND = 60  # enough to detect each planted bug
# Histories that detect a rare bug are run first. The others follow when a change of the product shifts the sequences.
FIRST_SEEDS = {
    "unprocessed keys of a batch are dropped": 9,
    "decisions are based on eventually consistent reads": 24,
    "the stream continues past unpublished entries": 56,
}
SERVICE_UNAVAILABLE = 503


def test_full_stack_histories_hold() -> None:
    counts = run_full_stack_histories(range(HISTORIES))

    assert counts.violations == []
    assert counts.histories == HISTORIES
    assert counts.faults >= counts.sends / 4


@pytest.mark.verify
def test_a_seed_gives_the_same_trace_in_any_process() -> None:
    """Neither earlier histories nor Python's hash seed, which orders sets, change a trace."""
    traces = {
        "\n".join(run_history(11, FULL_STACK_STEPS).trace),
        *(run_in_new_process(hash_seed) for hash_seed in ("1", "2")),
    }

    assert len(traces) == 1


def run_in_new_process(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.full_stack", "11", str(FULL_STACK_STEPS)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    output = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    return output.rpartition("seed 11: ")[0].rstrip()


original_call = db.Dynamo._call


def drop_unprocessed_keys(engine: db.Dynamo, operation: str, request: dict[str, Any]) -> Any:
    """Take the first response of a batch for the whole batch."""
    response = original_call(engine, operation, request)
    response.pop("UnprocessedKeys", None)
    return response


def read_eventually_consistent(engine: db.Dynamo, operation: str, request: dict[str, Any]) -> Any:
    """Make all reads eventually consistent."""
    for part in (request, *request.get("RequestItems", {}).values()):
        part.pop("ConsistentRead", None)
    return original_call(engine, operation, request)


# The attribute, its replacement, and a text that the violation must contain. Fast histories cannot detect these bugs.
BUGS: dict[str, tuple[Any, str, Any, str]] = {
    "unprocessed keys of a batch are dropped": (db.Dynamo, "_call", drop_unprocessed_keys, ""),
    "decisions are based on eventually consistent reads": (db.Dynamo, "_call", read_eventually_consistent, ""),
    "a repeated request gets another guest token": (
        channels,
        "with_token",
        lambda call, answer: answer | new_token(),
        "O",
    ),
    "an unavailable store answers 500": (
        web,
        "STATUS_BY_PROBLEM",
        [entry for entry in web.STATUS_BY_PROBLEM if entry[1] != SERVICE_UNAVAILABLE],
        "answered 500",
    ),
    "the stream continues past unpublished entries": (stream, "find_first_missed", lambda records, missed: None, ""),
    "the answer to a request is not recorded": (idempotency, "record_answer", lambda request, answer: None, "O4"),
}


def new_token() -> dict[str, str]:
    return {"token": ids.new("tok", clock.now())}


@pytest.mark.parametrize("bug", mark_cases(BUGS, lambda bug: bug in choose_third(list(BUGS))))
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, replacement, expected = BUGS[bug]
    run_history(0, 1)  # caches the initial tables without the bug
    monkeypatch.setattr(owner, name, replacement)

    first_seed = FIRST_SEEDS.get(bug, 0)
    seeds = [first_seed, *(seed for seed in range(HISTORIES_UNTIL_FOUND) if seed != first_seed)]
    message = next((violation for seed in seeds if (violation := find_violation(seed))), "")

    assert message
    assert expected in message.rpartition("\n")[2]


def find_violation(seed: int) -> str:
    try:
        run_history(seed, FULL_STACK_STEPS)
    except Violation as violation:
        return str(violation)
    return ""
