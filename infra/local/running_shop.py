"""The shop that `make run` runs on this machine: its address and the tokens of its staff."""

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
    """No shop with an owner is running on this machine. The message is printed as it is."""


@dataclass(frozen=True)
class RunningShop:
    """The base URL, and the staff of tokens.json by id with `token`, `role` and `location`."""

    base: str
    people: dict[str, Any]

    @property
    def owner_client(self) -> ApiClient:
        """A client of the owner. Raises NotRunning for a shop without one."""
        if not (clients := self.clients_by_role("owner")):
            raise NotRunning(f"No owner of the shop on {self.base} is in tokens.json; restart it with `make run`.")
        return clients[0]

    def clients_by_role(self, role: str) -> list[ApiClient]:
        return [ApiClient(self.base, person["token"]) for person in self.people.values() if person["role"] == role]

    def client_of(self, identity: str) -> ApiClient:
        return ApiClient(self.base, self.people[identity]["token"])


def connect() -> RunningShop:
    """Return the running shop. Raises NotRunning."""
    run_file, tokens = LOCAL / "run.json", LOCAL / "tokens.json"
    port = json.loads(run_file.read_text())["port"] if run_file.exists() else read_port()
    base = f"http://127.0.0.1:{port}"
    if not tokens.exists() or not wait_until_healthy(f"{base}/api/health", 0.2):
        raise NotRunning(f"No shop is running on {base}; start one with `make run` in another terminal.")
    return RunningShop(base, json.loads(tokens.read_text()))
