"""`make verify [ONLY="part …"]`: runs the parts of the verification and records the results in `docs/verification.md`.

Every part runs in its own process. The exit code is 1 when a part does not hold.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module

import tests.environment  # noqa: F401 - row classes read the table names, so this comes first
from tests.verification import report
from tests.verification.figures import Figures

# The name of a part, as `ONLY` takes it, and the function that runs it and returns its `Figures`.
PARTS = {
    "tests": "tests.verification.run_tests:run_verify_only_tests",
    "histories": "tests.verification.simulator.verify:histories",
    "full": "tests.verification.simulator.verify:full_path",
    "planted": "tests.verification.simulator.verify:planted_bugs",
    "faults": "tests.verification.faults.verify:single_faults",
    "pairs": "tests.verification.faults.verify:pairs_of_faults",
    "kills": "tests.verification.faults.verify:kills",
    "interleavings": "tests.verification.interleavings.verify:races",
    "attacks": "tests.verification.attacks.verify:attacks",
    "requests": "tests.verification.attacks.verify:generated_requests_hold",
    "mutation": "tests.verification.mutation.verify:measure_mutation_score",
    "shop": "tests.verification.running_shop:run",
    "soak": "tests.verification.simulator.verify:soak",
}
# A part that runs with one of these takes less than all of its cases, and is not recorded.
NARROWING_VARIABLES = ("ATTACK", "PACKAGE", "HISTORIES", "FULL_HISTORIES")


def main(names: Sequence[str]) -> int:
    if unknown := [name for name in names if name not in PARTS]:
        print(f"Unknown part: {', '.join(unknown)}. Choose from: {', '.join(PARTS)}.")
        return 2
    if len(names) == 1:
        return run(names[0])
    exit_codes = {name: run_in_own_process(name) for name in names or PARTS}
    failed = [name for name, code in exit_codes.items() if code]
    print(f"Does not hold: {', '.join(failed)}." if failed else f"Everything holds; see {report.FILE}.")
    return 1 if failed else 0


def run(name: str) -> int:
    module, _, function = PARTS[name].partition(":")
    print(f"\n== {name}", flush=True)
    started_at = time.monotonic()
    figures: Figures = getattr(import_module(module), function)()
    result = report.Result(name, figures, time.monotonic() - started_at, report.today(), report.commit())
    if not any(os.environ.get(name) for name in NARROWING_VARIABLES):
        report.record(result, PARTS)
    print(
        f"{name}: {figures.reached}; goal: {figures.goal}; {'holds' if figures.holds else 'DOES NOT HOLD'}", flush=True
    )
    return 0 if figures.holds else 1


def run_in_own_process(name: str) -> int:
    """Run a part in a new process, because parts replace clocks, engines and limits of their process."""
    return subprocess.run([sys.executable, "-m", "tests.verification", name], env=os.environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
