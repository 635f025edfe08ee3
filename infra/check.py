"""`make check`: linters, type checks and security checks, and whether Chalice can package the functions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from infra import custom_lint

ROOT = Path(__file__).parent.parent
# Modules besides `model.py` without AWS, HTTP or clock; tests/test_architecture.py checks their imports.
PURE_MODULES = (
    *("payments/lifecycle", "payments/receivables", "payments/postings", "pricing/quote"),
    *("stock/plan", "stock/inbound", "fulfillment/routing", "fulfillment/reduction", "orders/reduction"),
    *("exchange/dates", "exchange/numbers", "exchange/tables"),
)
REGION = {"AWS_DEFAULT_REGION": "ap-southeast-3", "AWS_EC2_METADATA_DISABLED": "true"}
console = Console(highlight=False, soft_wrap=True)


def python_checks(scratch: str) -> dict[str, list[str]]:
    return {
        "ruff": ["-m", "ruff", "check", "."],
        "format": ["-m", "ruff", "format", "--check", "."],
        "mypy": ["-m", "mypy", "--strict", "chalicelib", "storefront", "infra"],
        "bandit": ["-m", "bandit", "-q", "-r", "app.py", "chalicelib", "--severity-level", "low"],
        "secrets": ["-m", "infra.scan_secrets"],
        "client": ["-m", "infra.check_client"],
        "template": [tool_path("cfn-lint"), "infra/resources.json"],
        "chalice package": [tool_path("chalice"), "package", "--stage", "dev", scratch],
    }


def script_checks() -> dict[str, list[str]]:
    """Format, lint and type checks of the browser's modules; empty where Node.js is missing."""
    npm = shutil.which("npm")
    if npm is None:
        console.print("scripts          skipped: Biome and tsc need Node.js 20 or newer with npm")
        return {}
    return {
        "npm ci": [npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
        "biome": [npm, "exec", "--no", "biome", "ci", "--", "--error-on-warnings"],
        "tsc": [npm, "exec", "--no", "tsc"],
    }


def tool_path(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        checks = python_checks(scratch) | script_checks()
        failed = [name for name, command in checks.items() if not run_check(name, command)]
    if violations := custom_lint.list_violations(ROOT):
        console.print("\n".join(violations))
        failed.append("custom lint")
    console.print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def run_check(name: str, command: list[str]) -> bool:
    began = time.monotonic()
    command = [sys.executable, *command] if command[0] == "-m" else command
    result = subprocess.run(command, cwd=ROOT, env=os.environ | REGION, capture_output=True, text=True, check=False)
    console.print(f"{name:<16} {'ok' if result.returncode == 0 else 'FAILED'} {time.monotonic() - began:5.1f} s")
    if result.returncode:
        print(result.stdout + result.stderr)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
