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
from chalicelib.kit import clock, db, ids, requests, web
from chalicelib.notify import stream
from tests.verification.simulator.batch import FULL_STEPS, live_full
from tests.verification.simulator.full import live
from tests.verification.simulator.full_chances import Wrong
from tests.verification.simulator.full_client import closed_routes

HISTORIES = int(os.environ.get("FULL_HISTORIES", "40"))
FEW = 3  # routes that so many histories may miss
SOON = 60  # histories are enough to meet any sown bug
BUSY = 503


def test_histories_on_the_full_path_hold_and_come_to_nearly_every_route() -> None:
    counts = live_full(range(HISTORIES))

    assert counts.violations == []
    assert counts.histories == HISTORIES
    assert counts.faults >= counts.sends / 4
    assert len(closed_routes(counts.reached)) <= FEW, closed_routes(counts.reached)


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """After other histories, and also where Python orders its sets another way."""
    stories = {"\n".join(live(11, FULL_STEPS).story), *(told(hashing) for hashing in ("1", "2"))}

    assert len(stories) == 1


def told(hashing: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.full", "11", str(FULL_STEPS)]
    environment = os.environ | {"PYTHONHASHSEED": hashing}
    said = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    return said.rpartition("seed 11: ")[0].rstrip()


call = db.Dynamo._call


def half_of_it(engine: db.Dynamo, operation: str, request: dict[str, Any]) -> Any:
    """The first answer of a batch is taken for all."""
    answer = call(engine, operation, request)
    answer.pop("UnprocessedKeys", None)
    return answer


def as_it_was(engine: db.Dynamo, operation: str, request: dict[str, Any]) -> Any:
    """Reads that decide need not be of the newest."""
    for each in (request, *request.get("RequestItems", {}).values()):
        each.pop("ConsistentRead", None)
    return call(engine, operation, request)


# What is changed, into what, and the words that must be in what is said to be wrong, whatever that is where none stand.
# Fast histories can see none of these.
BUGS: dict[str, tuple[Any, str, Any, str]] = {
    "half of a batch is taken for all of it": (db.Dynamo, "_call", half_of_it, ""),
    "decisions are made on old reads": (db.Dynamo, "_call", as_it_was, ""),
    "a guest's token is another one each time": (channels, "with_token", lambda call, answer: answer | a_token(), "O"),
    "a busy store is taken for a bug": (
        web,
        "STATUS",
        [each for each in web.STATUS if each[1] != BUSY],
        "answered 500",
    ),
    "the stream goes on past what SNS did not take": (stream, "min_by_order", lambda records, missed: None, ""),
    "a repeat is not remembered": (requests, "remember", lambda request, answer: None, "O4"),
}


def a_token() -> dict[str, str]:
    return {"token": ids.new("tok", clock.now())}


@pytest.mark.parametrize("bug", BUGS)
def test_a_sown_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, instead, words = BUGS[bug]
    live(0, 1)  # the shop opens before the bug is sown
    monkeypatch.setattr(where, name, instead)

    found = next((wrong for seed in range(SOON) if (wrong := first_wrong(seed))), "")

    assert found
    assert words in found.rpartition("\n")[2]


def first_wrong(seed: int) -> str:
    try:
        live(seed, FULL_STEPS)
    except Wrong as wrong:
        return str(wrong)
    return ""
