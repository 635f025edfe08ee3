"""Which cases of a test a pull request runs: the others carry the marker `verify`, and `make verify` runs them too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def mark_cases(cases: Iterable[Any], in_pull_requests: Callable[[Any], bool]) -> list[Any]:
    """The argument of `pytest.mark.parametrize` with every case; a tuple is one value for each of several names."""
    return [case if in_pull_requests(case) else mark_verify_only(case) for case in cases]


def mark_verify_only(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.verify)
