"""`python -m tests.verification.simulator.planted`: every planted bug, switched on and looked for, and who found it.

With words behind it only bugs that have one of them in their sentence or kind; with `histories` first, simulated
histories look for those too that a story finds.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

import tests.environment  # noqa: F401 - before the first import of the shop
from tests.verification.simulator.bugs.bug import Bug, Found, clean, found, found_by_histories
from tests.verification.simulator.bugs.catalog import BUGS


def main(words: Sequence[str]) -> int:
    logging.getLogger("satukanal").setLevel(logging.CRITICAL)
    console = Console(highlight=False)
    by_chance = words[:1] == ["histories"]
    look, words = (found_by_histories, words[1:]) if by_chance else (found, words)
    table = Table("kind", "bug", "reported by", "found in", box=None)
    chosen = [bug for bug in BUGS if not words or any(word in f"{bug.says} {bug.kind}" for word in words)]
    reports = [(bug, look(bug)) for bug in chosen]
    for bug, seen in reports:
        table.add_row(bug.kind, bug.says, ", ".join(sorted(seen.by)) or "[red]nobody[/red]", seen.where)
    console.print(table)
    caught = sum(bool(seen.by) for _, seen in reports)
    kinds = len({bug.kind for bug in chosen})
    console.print(f"{caught} of {len(chosen)} planted bugs of {kinds} kinds found")
    return 0 if by_chance or all(holds(bug, seen) for bug, seen in reports) else 1


def holds(bug: Bug, seen: Found) -> bool:
    return bug.by in seen.by and not clean(bug, seen.where)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
