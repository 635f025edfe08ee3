"""Checks the invariants of `make doctor` on the shop of `make run` after one order in each channel."""

from __future__ import annotations

import os
import subprocess
import sys

from infra.invariants.check import INVARIANTS
from infra.local.engine import without_aws_settings
from tests.verification.bench import full_stack
from tests.verification.figures import Figures


def run() -> Figures:
    with full_stack.running_shop() as shop:
        environment = without_aws_settings(os.environ) | {"LOCAL": str(shop["folder"])}
        commands = [[sys.executable, "-m", module] for module in ("infra.demo.day", "infra.doctor")]
        holds = all(subprocess.run(command, env=environment, check=False).returncode == 0 for command in commands)
    reached = f"{len(INVARIANTS)} invariants, {'all hold' if holds else 'not all hold'}"
    return Figures("the running shop after one order in each of seven channels", reached, "all hold", holds)
