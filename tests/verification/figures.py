"""The result of one part of the verification and its goal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """The result of a part; `reached` is text such as "20,000 histories, 0 violations".

    `holds` is false when the goal is missed or something is violated.
    """

    what: str
    reached: str
    goal: str
    holds: bool
