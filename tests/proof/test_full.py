"""Histories on the full path hold, a seed tells the same story in any process, and a sown bug is found by them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from chalicelib.channels import routes as channels
from chalicelib.fulfillment import store as fulfillment
from chalicelib.kit import db, requests
from chalicelib.orders import place
from tests.proof.full import Wrong, live, run

HISTORIES = int(os.environ.get("FULL_HISTORIES", "500"))
STEPS, PARTS = 40, 10
EACH = -(-HISTORIES // PARTS)


@pytest.mark.parametrize("part", range(PARTS))
def test_histories_on_the_full_path_hold(part: int) -> None:
    counts = run(range(part * EACH, (part + 1) * EACH), STEPS)

    assert counts["histories"] == EACH
    assert counts["faults"] * 4 >= counts["sends"]


def test_a_seed_tells_the_same_story_again() -> None:
    assert live(7, STEPS).story == live(7, STEPS).story


def test_a_seed_tells_the_same_story_in_any_process() -> None:
    """Also where Python orders its sets another way, and after other histories."""
    run(range(2), STEPS)
    stories = {"\n".join(live(11, STEPS).story), *(told(hashing) for hashing in ("1", "2"))}

    assert len(stories) == 1


def told(hashing: str) -> str:
    command = [sys.executable, "-m", "tests.proof.full", "11", str(STEPS)]
    environment = os.environ | {"PYTHONHASHSEED": hashing}
    said = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    return said.rpartition("seed 11: ")[0].rstrip()
