"""What one part of the verification reached, and the goal it is measured against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """`reached` says it in numbers and words: "20,000 histories, 0 violations". `holds` is false when a goal is missed
    or something is violated."""

    what: str
    reached: str
    goal: str
    holds: bool
