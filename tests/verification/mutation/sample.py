"""Two rules and a condition for the runner's own test. No test covers the limit of the second rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.kit import db
from chalicelib.payments.shift_store import ShiftRow


@dataclass(frozen=True)
class Parcel:
    grams: int
    minor: int

    @property
    def is_expensive(self) -> bool:
        return self.minor > 100

    @property
    def is_heavy(self) -> bool:
        return self.grams > 1000


def close(row: Any, version: int) -> db.Write:
    reason = version > 3
    return db.update(row, ShiftRow.reason.set(str(reason)), when=(ShiftRow.version == version) & ShiftRow.id.exists())
