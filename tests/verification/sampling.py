"""Which cases a pull request runs: those of a mark, and the third of the planted bugs that is due today.

Cases that only `make verify` runs have the marker `verify`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import pytest

THIRD = os.environ.get("PLANTED") or str(date.today().toordinal() % 3)


def choose_third(bugs: Sequence[Any]) -> Sequence[Any]:
    """Return today's third of the planted bugs; PLANTED=0, 1 or 2 chooses another, PLANTED=all takes all."""
    return bugs if THIRD == "all" else bugs[int(THIRD) :: 3]


def mark_cases(cases: Iterable[Any], in_pull_requests: Callable[[Any], bool]) -> list[Any]:
    """Return every case for `pytest.mark.parametrize`; a tuple holds the values of several parameters."""
    return [case if in_pull_requests(case) else mark_verify_only(case) for case in cases]


def mark_verify_only(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.verify)
