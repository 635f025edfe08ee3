"""The table of attacks tells the truth: every row is there, and every test it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.attacks.__main__ import verdict
from tests.attacks.table import ATTACKS, KINDS, OWASP, TABLES, Attack

TESTS = Path(__file__).parent.parent
EVERY = [each for rows in TABLES.values() for each in rows]
REAL_CASE = re.compile(r"CVE-\d{4}-\d+|GHSA-[0-9a-z-]+|\w+#\d+|CosmicSting|Mercato")


def test_all_rows_are_there() -> None:
    assert [each.key for each in OWASP] == [f"API{number}" for number in range(1, 11)]
    assert [each.key for each in ATTACKS] == [str(number) for number in range(1, 22)]
    assert len({each.key for each in KINDS}) == len(KINDS) == 18


@pytest.mark.parametrize("attack", EVERY, ids=lambda each: each.key)
def test_a_row_names_tests_that_exist_or_says_why_there_are_none(attack: Attack) -> None:
    assert bool(attack.tests) != bool(attack.because)
    assert len(set(attack.tests)) == len(attack.tests)
    for test in attack.tests:
        file, _, name = test.partition("::")
        assert name in functions(file), test


def functions(file: str) -> dict[str, str]:
    """The tests of a file with their docstrings."""
    tree = ast.parse((TESTS / file).read_text())
    return {each.name: ast.get_docstring(each) or "" for each in tree.body if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("attack", [each for each in EVERY if each.tests], ids=lambda each: each.key)
def test_each_row_that_has_a_subject_has_three_tests_at_least(attack: Attack) -> None:
    assert len(set(attack.tests)) >= 3


def test_fifty_real_cases_and_more_are_told_by_sixty_tests_and_more() -> None:
    """Two numbers: a test may tell of several cases, and several may tell of one. All of them stand in the table."""
    named = {test for each in EVERY for test in each.tests}

    told = cases_told()

    assert told.keys() <= named
    assert len(told) >= 60, f"{len(told)} tests"
    assert len(set().union(*told.values())) >= 50, f"{len(set().union(*told.values()))} cases"


def cases_told() -> dict[str, set[str]]:
    """Each test whose docstring names what really happened to others, with those cases."""
    found = {
        f"attacks/{file.name}::{name}": set(REAL_CASE.findall(says))
        for file in (TESTS / "attacks").glob("test_*.py")
        for name, says in functions(f"attacks/{file.name}").items()
    }
    return {test: cases for test, cases in found.items() if cases}


def test_a_verdict_is_only_as_good_as_its_worst_test() -> None:
    attack = Attack("1", "x", ("a", "b"))

    assert verdict(attack, {"a": {"passed"}, "b": {"passed"}}) == "holds (2)"
    assert verdict(attack, {"a": {"passed"}, "b": {"skipped"}}) == "holds (1), 1 skipped"
    assert verdict(attack, {"a": {"skipped"}, "b": {"skipped"}}) == "skipped (2)"
    assert verdict(attack, {"a": {"passed"}, "b": {"passed", "failed"}}) == "FAILED"
    assert verdict(attack, {"a": {"passed"}}) == "FAILED"
    assert verdict(Attack("2", "x", because="none"), {}) == "no subject: none"
