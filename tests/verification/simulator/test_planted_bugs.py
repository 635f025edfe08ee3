"""Each planted bug is detected as its entry names; the same scenario without the bug violates nothing.

A test run takes a third of the bugs, which rotates daily.
`make verify` takes all, and checks that each invariant is needed to detect them.
"""

from __future__ import annotations

import pytest

from tests.verification.sampling import THIRD, choose_third
from tests.verification.simulator.bugs.bug import Bug, detect, find_violations_without_bug
from tests.verification.simulator.bugs.catalog import BUGS

KINDS = {
    "idempotency",
    "backorders",
    "expiry",
    "claims",
    "aggregation",
    "transitions",
    "notifications",
    "money",
    "stock",
}
KINDS |= {"audit", "commits", "projections", "lost messages"}


@pytest.mark.parametrize("bug", choose_third(BUGS), ids=lambda bug: f"PLANTED={THIRD} {bug.description}")
def test_a_planted_bug_is_detected_and_nothing_without_it(bug: Bug) -> None:
    detection = detect(bug)

    assert bug.detected_by in detection.violations
    assert find_violations_without_bug(bug, detection.where) == frozenset()


def test_the_catalog_contains_bugs_of_every_kind() -> None:
    assert {bug.kind for bug in BUGS} == KINDS
    assert len(BUGS) == len({bug.description for bug in BUGS}) >= 40
