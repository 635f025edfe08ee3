"""Calls each scheduled handler at its rate, as EventBridge does."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.local.invoke import invoke

UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
RATE_PATTERN = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass
class Timer:
    """A scheduled handler and the next time it is due, on the monotonic clock."""

    source: Any
    due: float

    @property
    def interval_seconds(self) -> int:
        return parse_interval_seconds(self.source.schedule_expression)

    def run_if_due(self, now: float) -> bool:
        """Call the handler if it is due, and return whether it was. Intervals missed since then are skipped."""
        if now < self.due:
            return False
        self.due = now + self.interval_seconds
        invoke(self.source.handler_string, build_event(self.source.name))
        return True


def parse_interval_seconds(expression: Any) -> int:
    """The interval of a rate expression in seconds. A cron expression of this app always means once a day."""
    text = expression if isinstance(expression, str) else expression.to_string()
    rate = RATE_PATTERN.fullmatch(text)
    return int(rate[1]) * UNIT_SECONDS[rate[2]] if rate else UNIT_SECONDS["day"]


def build_event(name: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "ap-southeast-3",
        "resources": [f"arn:aws:events:ap-southeast-3:000000000000:rule/{name}"],
        "detail": {},
    }
