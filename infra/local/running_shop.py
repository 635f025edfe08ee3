"""The shop that `make run` keeps running here: where its doors are, and everybody's token."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.api_client import ApiClient
from infra.local.engine import read_port, wait_until_healthy

ROOT = Path(__file__).parent.parent.parent
LOCAL = Path(os.environ.get("LOCAL") or ROOT / ".local")


class NotRunning(Exception):
    """One sentence for the person at the terminal."""


@dataclass(frozen=True)
class RunningShop:
    base: str
    people: dict[str, Any]

    @property
    def owner_client(self) -> ApiClient:
        return self.clients_by_role("owner")[0]

    def clients_by_role(self, role: str) -> list[ApiClient]:
        return [ApiClient(self.base, one["token"]) for one in self.people.values() if one["role"] == role]

    def client_of(self, identity: str) -> ApiClient:
        return ApiClient(self.base, self.people[identity]["token"])


def connect() -> RunningShop:
    known, tokens = LOCAL / "run.json", LOCAL / "tokens.json"
    port = json.loads(known.read_text())["port"] if known.exists() else read_port()
    base = f"http://127.0.0.1:{port}"
    if not tokens.exists() or not wait_until_healthy(f"{base}/api/health", 0.2):
        raise NotRunning(f"No shop is running on {base}; start one with `make run` in another terminal.")
    return RunningShop(base, json.loads(tokens.read_text()))
