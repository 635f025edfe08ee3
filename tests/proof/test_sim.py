"""Simulated histories hold, a seed tells the same story again, and bugs sown into the shop are found by them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.orders import cancel, place
from chalicelib.stock import store as stock
from tests.proof.batch import HISTORIES, PARTS, STEPS, live_through, part
from tests.proof.sim import Sim, Wrong, run

SOON = 60  # histories are enough to meet any of these bugs
TWICE = 100  # histories told twice


# What is changed, into what, and the invariant that must see it. A claim, a step or a hold without its own condition is
# no bug here: the order's version and its journal's sequence refuse the second one all the same.
BUGS: dict[str, tuple[Any, str, Any, str]] = {
    "goods are sold without looking": (stock._Change, "enough", lambda change: [], "S2"),
    "a repeat is not remembered": (place.requests, "remember", lambda request, answer: None, "differently"),
    "a code is not given back": (cancel, "coupons_returned", lambda order: [], "M9"),
    "credit is not given back": (cancel, "give_back_credit", lambda customer, amount: None, "M3"),
    "ended tenders stay open": (cancel, "end_payments", lambda payments, to: [], "M6"),
}


@pytest.mark.parametrize("number", range(PARTS))
def test_histories_hold_and_more_than_every_fourth_send_meets_a_fault(number: int) -> None:
    counts = live_through(part(number))

    assert counts.violations == [], f"make sim SEED={counts.violations[0][0]} STEPS={STEPS}"
    assert counts.histories == len(part(number))
    assert counts.faults >= counts.sends / 4


def test_the_parts_together_are_every_seed_once() -> None:
    assert [seed for number in range(PARTS) for seed in part(number)] == list(range(HISTORIES))


def test_a_seed_tells_the_same_story_again() -> None:
    for seed in range(TWICE):
        assert run(seed, STEPS).story == run(seed, STEPS).story


def test_nobody_changes_a_row_that_he_was_given() -> None:
    """In memory all who read an item are given the same row, so that what one changed another would see."""
    sim = Sim(5)
    with sim.shop():
        sim.live(STEPS)
        items = [item for name in sim.memory.tables for item in sim.memory.items(name)]
        rows = [(row.serialize(null_check=False), item) for item in items for row in item.rows.values()]

    assert len(rows) > 100
    assert [(row, item) for row, item in rows if any(item[name] != row[name] for name in row.keys() & item)] == []


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """Also where Python orders its sets another way, byte for byte as it is printed."""
    stories = {told(hashing) for hashing in ("1", "2")}

    assert len(stories) == 1
    assert b"and everything held" in stories.pop()


def told(hashing: str) -> bytes:
    command = [sys.executable, "-m", "tests.proof.sim", "11", "80"]
    return subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": hashing}, capture_output=True, check=True).stdout


@pytest.mark.parametrize("bug", BUGS)
def test_a_sown_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, instead, _ = BUGS[bug]
    run(0, 1)  # the shop opens before the bug is sown
    monkeypatch.setattr(where, name, instead)

    found = next((wrong for seed in range(SOON) if (wrong := first_wrong(seed))), "")

    assert BUGS[bug][3] in found.rpartition("\n")[2], found[-300:]


def first_wrong(seed: int) -> str:
    try:
        run(seed, STEPS)
    except Wrong as wrong:
        return str(wrong)
    return ""
