"""Which cases of a test a pull request runs: the others carry the marker `verify`, and `make verify` runs them too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], in_pull_requests: Callable[[Any], bool]) -> list[Any]:
    """The argument of `pytest.mark.parametrize` with every case; a tuple is one value for each of several names."""
    return [case if in_pull_requests(case) else left_for_verify(case) for case in cases]


def left_for_verify(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.verify)
