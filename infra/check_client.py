"""Part of `make check`: generates a Python client from openapi.json. Fails for a warning or a missing operation."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.openapi import FILE

LOCK = FILE.parent / "tests" / "client_generator.lock"
# The generator does not know the media types of CSV and ZIP; it sends these bodies as bytes.
CONFIG = {
    "content_type_overrides": {"text/csv": "application/octet-stream", "application/zip": "application/octet-stream"}
}


def list_problems(document: dict[str, Any], output: str, client: Path) -> list[str]:
    """Return the generator's warnings, and the operations that its client lacks."""
    warnings = [line for line in output.splitlines() if "WARNING" in line or "Unable to process" in line]
    modules = {path.stem for path in client.glob("api/*/*.py")}
    return warnings + [f"{name} is missing" for name in list_operation_ids(document) if name not in modules]


def list_operation_ids(document: dict[str, Any]) -> Iterator[str]:
    for methods in document["paths"].values():
        yield from (operation["operationId"] for operation in methods.values())


def generate(client: Path, config: Path) -> str:
    """Generate the client and return what the generator printed."""
    config.write_text(json.dumps(CONFIG | {"post_hooks": []}))
    uv = str(Path(sys.executable).with_name("uv"))
    environment = [uv, "run", "--quiet", "--no-project", "--isolated", "--with-requirements", str(LOCK)]
    command = ["openapi-python-client", "generate", "--path", str(FILE), "--meta", "none", "--output-path", str(client)]
    command = [*environment, *command, "--config", str(config)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        client = Path(scratch) / "client"
        output = generate(client, Path(scratch) / "config.json")
        problems = list_problems(json.loads(FILE.read_text()), output, client)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
