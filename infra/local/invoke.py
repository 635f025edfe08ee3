"""Calls an event handler as Lambda does: by its import path, with the event as JSON, without loading app.py."""

from __future__ import annotations

import json
import uuid
from importlib import import_module
from types import SimpleNamespace
from typing import Any


def invoke(handler: str, event: dict[str, Any]) -> Any:
    module, _, name = handler.rpartition(".")
    function = getattr(import_module(module), name)
    return function(json.loads(json.dumps(event)), build_context(name))


def build_context(name: str) -> Any:
    return SimpleNamespace(
        function_name=name,
        function_version="$LATEST",
        memory_limit_in_mb=512,
        aws_request_id=str(uuid.uuid4()),
        get_remaining_time_in_millis=lambda: 60_000,
    )
