"""Which cases of a test a pull request runs: the others carry the marker `verify`, and `make verify` runs them too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], in_pull_requests: Callable[[Any], bool]) -> list[Any]:
    """The argument of `pytest.mark.parametrize` with every case."""
    return [case if in_pull_requests(case) else pytest.param(case, marks=pytest.mark.verify) for case in cases]
