"""Processes that are killed -9 while orders come in: what was acknowledged is there, once, and everybody hears once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.orders.store import OrderRow
from tests.verification.faults.kill import HEARD_WITHIN_SECONDS, Loop, hearing

ROUNDS = 6  # both are killed in them


@pytest.mark.ministack
def test_killed_processes_lose_no_acknowledged_order_and_tell_nobody_twice(ministack: Any, tmp_path: Path) -> None:
    loop = Loop(tmp_path, ROUNDS, seed=1).run()

    assert loop.wrong() == []
    assert all(loop.kills.values())

    OrderRow.get(sorted(loop.ids)[0], "order").delete()
    assert "lost or doubled" in loop.wrong()  # so it would have been seen


def test_who_hears_later_than_he_should_or_never_is_seen() -> None:
    good, over = HEARD_WITHIN_SECONDS, HEARD_WITHIN_SECONDS + 0.1

    assert hearing([0.4, good, 1.0]) == (
        False,
        "3 times from kill to all heard: 1.0 s, the longest 5.0 s, within the goal of 5 s",
    )
    assert hearing([0.4, over, 1.0]) == (
        True,
        "3 times from kill to all heard: 1.0 s, the longest 5.1 s, longer than the goal of 5 s",
    )
    assert hearing([])[0]
