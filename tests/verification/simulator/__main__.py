"""`python -m tests.verification.simulator [PART …] [--amount N] [--json]`: the full amounts, on every core."""

from __future__ import annotations

import argparse
import json
import sys

from tests.verification.simulator.figures import PARTS, Figures, all_figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.verification.simulator")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--amount", type=int, help="histories, or bugs")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args()
    holds = True
    for figures in all_figures(asked.parts, asked.amount):
        print(json.dumps(figures.to_json()) if asked.json else to_text(figures), flush=True)
        holds = holds and figures.holds
    return 0 if holds else 1


def to_text(figures: Figures) -> str:
    facts = ", ".join(f"{count:,} {name}" for name, count in figures.facts.items())
    times = f"{figures.seconds:,.0f} s, {figures.cpu_seconds:,.0f} s of CPU"
    return "\n".join([f"{figures.part}: {figures.what}: {facts}; {times}", *(f"  {line}" for line in figures.wrong)])


if __name__ == "__main__":
    sys.exit(main())
