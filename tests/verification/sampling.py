"""Marks the cases of a test that only `make verify` runs with the marker `verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def mark_cases(cases: Iterable[Any], in_pull_requests: Callable[[Any], bool]) -> list[Any]:
    """Return every case for `pytest.mark.parametrize`; a tuple holds the values of several parameters."""
    return [case if in_pull_requests(case) else mark_verify_only(case) for case in cases]


def mark_verify_only(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.verify)
