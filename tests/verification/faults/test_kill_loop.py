"""kill -9 of processes while orders are placed: every acknowledged order exists once, and is notified once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.orders.store import OrderRow
from tests.verification.faults.kill_loop import KillLoop

ROUNDS, SEED = 6, 1  # chosen so that both processes are killed


@pytest.mark.verify
@pytest.mark.ministack
def test_killed_processes_lose_no_acknowledged_order_and_send_nothing_twice(ministack: Any, tmp_path: Path) -> None:
    loop = KillLoop(tmp_path, ROUNDS, SEED).run()

    assert loop.failures() == []
    assert all(loop.kills.values())

    key = {"pk": {"S": min(loop.order_ids)}, "sk": {"S": "order"}}
    boto3.client("dynamodb").delete_item(TableName=OrderRow.Meta.table_name, Key=key)
    assert "lost or doubled" in loop.failures()  # the check detects a lost order
