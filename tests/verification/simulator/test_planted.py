"""Each planted bug is found, and by what its entry says; the same story without it shows nothing; and no invariant can
be left out of the checker without some bug going unseen."""

from __future__ import annotations

from itertools import product

import pytest

from infra.invariants.check import INVARIANTS
from tests.verification.simulator.bugs.bug import Bug, clean, found, shows_in
from tests.verification.simulator.bugs.catalog import BUGS

FEW = 6  # histories; the first finds more than thirty of them
KINDS = {
    "idempotency",
    "later",
    "expiry",
    "claims",
    "sums per SKU",
    "transitions",
    "notifications",
    "money",
    "stock",
    "audit",
} | {"commits", "projections"}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.says)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    seen = found(bug)

    assert bug.by in seen.by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.says)
def test_nothing_is_found_where_no_bug_is(bug: Bug) -> None:
    assert clean(bug, found(bug).where) == frozenset()


@pytest.mark.parametrize("name", INVARIANTS)
def test_without_this_invariant_a_bug_goes_unseen(name: str) -> None:
    """Of all invariants only this one reports it."""
    alone = [bug for bug in BUGS if bug.by == name and found(bug).by & INVARIANTS.keys() == {name}]

    assert alone


def test_simulated_histories_alone_find_forty_of_them() -> None:
    caught: set[str] = set()
    for seed, bug in product(range(FEW), BUGS):
        if len(caught) < 40 and bug.says not in caught and shows_in(bug, seed):
            caught.add(bug.says)

    assert len(caught) == 40


def test_the_catalog_holds_bugs_of_every_kind() -> None:
    assert {bug.kind for bug in BUGS} == KINDS
    assert len(BUGS) == len({bug.says for bug in BUGS}) >= 40
