"""Runs pytest, including the tests marked `verify` that only `make verify` runs, and collects the outcomes."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.verification.figures import Figures

ALL_TESTS = "verify or not verify"
Outcomes = dict[str, set[str]]


class Outcome:
    """A pytest plugin that collects the outcomes of each test over all its cases, and counts the passed cases."""

    def __init__(self) -> None:
        self.by_test: Outcomes = defaultdict(set)
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.by_test[report.nodeid.partition("[")[0]].add(report.outcome)
            self.passed += report.outcome == "passed"


def run_tests(*paths: str, marker: str = ALL_TESTS) -> tuple[Outcome, bool]:
    """Run the tests in two processes. Return the outcomes, and whether all tests passed."""
    outcome = Outcome()
    code = pytest.main(["-n", "2", "-m", marker, "--no-header", *paths], plugins=[outcome])
    return outcome, code == pytest.ExitCode.OK


def run_verify_only_tests() -> Figures:
    outcome, holds = run_tests("tests", marker="verify")
    reached = f"{outcome.passed:,} cases of {len(outcome.by_test)} tests passed"
    return Figures("tests that pull requests do not run", reached, "all pass", holds)
