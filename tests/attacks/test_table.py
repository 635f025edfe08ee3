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
REAL_CASE = re.compile(r"CVE-\d{4}-\d+|GHSA-|\w#\d+|CosmicSting|Mercato|CWE-")


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


@pytest.mark.parametrize("attack", OWASP, ids=lambda each: each.key)
def test_each_row_of_owasp_has_three_tests_at_least(attack: Attack) -> None:
    assert len(attack.tests) >= 3


def test_forty_real_cases_and_more_are_told_as_tests() -> None:
    named = {test for each in EVERY for test in each.tests}
    told = {
        f"attacks/{file.name}::{name}"
        for file in (TESTS / "attacks").glob("test_*.py")
        for name, says in functions(f"attacks/{file.name}").items()
        if REAL_CASE.search(says)
    }

    assert len(told) >= 40
    assert len(told & named) >= 40


def test_a_verdict_is_only_as_good_as_its_worst_test() -> None:
    attack = Attack("1", "x", ("a", "b"))

    assert verdict(attack, {"a": {"passed"}, "b": {"passed"}}) == "holds (2)"
    assert verdict(attack, {"a": {"passed"}, "b": {"skipped"}}) == "holds (1), 1 skipped"
    assert verdict(attack, {"a": {"skipped"}, "b": {"skipped"}}) == "skipped (2)"
    assert verdict(attack, {"a": {"passed"}, "b": {"passed", "failed"}}) == "FAILED"
    assert verdict(attack, {"a": {"passed"}}) == "FAILED"
    assert verdict(Attack("2", "x", because="none"), {}) == "no subject: none"
