"""Histories on the full path hold, a seed tells the same story in any process, and a sown bug is found by them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.channels import routes as channels
from chalicelib.kit import clock, db, ids, requests, web
from chalicelib.notify import stream
from tests.client import gateway
from tests.verification.simulator.full import live, run
from tests.verification.simulator.full_chances import Wrong

HISTORIES = int(os.environ.get("FULL_HISTORIES", "500"))
STEPS, PARTS = 40, 5
EACH = -(-HISTORIES // PARTS)
MANY, LUCK = 100, 2  # so many histories open every door, but for so many that they may miss
SOON = 60  # histories are enough to meet any sown bug
BUSY = 503


@pytest.mark.parametrize("part", range(PARTS))
def test_histories_on_the_full_path_hold(part: int) -> None:
    opened: set[tuple[str, str]] = set()
    counts = run(range(part * EACH, (part + 1) * EACH), STEPS, opened)

    assert counts["histories"] == EACH
    assert counts["faults"] * 4 >= counts["sends"]
    assert EACH < MANY or len(shut(opened)) <= LUCK, shut(opened)


def shut(opened: set[tuple[str, str]]) -> set[str]:
    """Doors that gave nobody a good answer."""
    found = {(method, tuple(path.removeprefix("/api").split("/"))) for method, path in opened}
    doors = [(method, path) for path, methods in gateway().app.routes.items() for method in methods]
    return {f"{method} {path}" for method, path in doors if not any(leads(path, method, *each) for each in found)}


def leads(door: str, method: str, asked: str, path: tuple[str, ...]) -> bool:
    parts = door.split("/")
    alike = all(part == said or part.startswith("{") for part, said in zip(parts, path))
    return method == asked and len(parts) == len(path) and alike


def test_a_seed_tells_the_same_story_again() -> None:
    assert live(7, STEPS).story == live(7, STEPS).story


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """Also where Python orders its sets another way, and after other histories."""
    run(range(2), STEPS)
    stories = {"\n".join(live(11, STEPS).story), *(told(hashing) for hashing in ("1", "2"))}

    assert len(stories) == 1


def told(hashing: str) -> str:
    command = [sys.executable, "-m", "tests.verification.simulator.full", "11", str(STEPS)]
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
# The simulator that stands behind kit.db can see none of these.
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
        live(seed, STEPS)
    except Wrong as wrong:
        return str(wrong)
    return ""
