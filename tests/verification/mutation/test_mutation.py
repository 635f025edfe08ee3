"""The mutation runner reports exactly the mutants that no test detects."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.check import PURE_MODULES
from tests.verification.mutation.equivalent import EQUIVALENT_LINES
from tests.verification.mutation.mutants import list_mutants
from tests.verification.mutation.packages import PACKAGES

SAMPLE, SAMPLE_TESTS = "tests/verification/mutation/sample.py", "tests/verification/mutation/sample_tests.py"
HEAVY = "tests/verification/mutation/sample.py:23 Parcel.is_heavy"
SCRIPT = f"""
import tests.environment
from tests.verification.mutation.mutants import list_mutants
from tests.verification.mutation.runner import find_survivors
find_survivors([mutant for mutant in list_mutants({SAMPLE!r}) if mutant.function != "close"], [{SAMPLE_TESTS!r}])
"""
CONDITIONAL = re.compile(r"\bdb\.(create|check)\(|\bwhen=")


def changed_lines(function: str, conditions: Sequence[str] | None = None) -> list[str]:
    return [mutant.lines[1] for mutant in list_mutants(SAMPLE, conditions) if mutant.function == function]


def test_comparisons_and_numbers_of_a_rule_are_mutated():
    assert changed_lines("Parcel.is_heavy") == [
        "return self.grams >= 1000",
        "return self.grams <= 1000",
        "return self.grams > 1001",
    ]


def test_only_conditions_of_a_store_are_mutated():
    write = "return db.update(row, ShiftRow.reason.set(str(reason)), when={})"

    assert changed_lines("close", conditions=()) == [
        write.format("None"),
        write.format("((ShiftRow.version == version) | ShiftRow.id.exists())"),
        write.format("((ShiftRow.version == version))"),
        write.format("(ShiftRow.id.exists())"),
        write.format("(ShiftRow.version != version) & ShiftRow.id.exists()"),
        write.format("(ShiftRow.version == version) & ShiftRow.id.does_not_exist()"),
    ]
    assert changed_lines("Parcel.is_heavy", conditions=("close",)) == []


def test_surviving_mutants_are_printed():
    output = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout

    assert output.splitlines() == [
        *(HEAVY, "  - return self.grams > 1000", "  + return self.grams >= 1000"),
        *(HEAVY, "  - return self.grams > 1000", "  + return self.grams > 1001"),
    ]


@pytest.mark.verify
def test_every_equivalent_mutant_exists():
    mutants = [mutant for package in PACKAGES.values() for file in package.rules for mutant in list_mutants(file)]

    assert EQUIVALENT_LINES - {(mutant.function, mutant.lines[1]) for mutant in mutants} == set()


def test_every_pure_module_is_mutated():
    changed = {file for package in PACKAGES.values() for file in package.rules}

    assert {file for file in changed if not file.endswith("/model.py")} == {
        f"chalicelib/{name}.py" for name in PURE_MODULES
    }


def test_every_file_with_conditional_writes_in_these_packages_is_mutated():
    files = {file for name in PACKAGES for file in Path("chalicelib", name).glob("*.py")}
    conditional = {str(file) for file in files if CONDITIONAL.search(file.read_text())}

    assert conditional == {file for package in PACKAGES.values() for file in package.stores}
