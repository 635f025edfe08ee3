"""The runner itself: it finds what nobody watches, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.check import PURE_MODULES
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


def changed_lines(made: str, conditions: Sequence[str] | None = None) -> list[str]:
    return [each.lines[1] for each in list_mutants(SAMPLE, conditions) if each.function == made]


def test_a_rule_is_changed_at_its_comparison_and_at_its_number():
    assert changed_lines("Parcel.is_heavy") == [
        "return self.grams >= 1000",
        "return self.grams <= 1000",
        "return self.grams > 1001",
    ]


def test_of_a_store_only_conditions_are_changed_each_term_and_all_at_once():
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


def test_a_noticed_mutant_is_killed_and_an_unnoticed_one_is_printed():
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout

    assert said.splitlines() == [
        *(HEAVY, "  - return self.grams > 1000", "  + return self.grams >= 1000"),
        *(HEAVY, "  - return self.grams > 1000", "  + return self.grams > 1001"),
    ]


def test_every_rule_beside_a_model_is_changed_everywhere_and_kept_pure():
    changed = {file for room in PACKAGES.values() for file in room.rules}

    assert {file for file in changed if not file.endswith("/model.py")} == {
        f"chalicelib/{name}.py" for name in PURE_MODULES
    }


def test_every_file_with_conditional_writes_in_these_packages_is_mutated():
    files = {file for name in PACKAGES for file in Path("chalicelib", name).glob("*.py")}
    conditional = {str(file) for file in files if CONDITIONAL.search(file.read_text())}

    assert conditional == {file for room in PACKAGES.values() for file in room.stores}
