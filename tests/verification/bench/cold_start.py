"""Measure the CPU time of a cold start of the order function, with optimized packages and with Chalice's.

Each measurement is a new process that loads the packages as Lambda does, writes no bytecode, and answers a first order,
for which it creates its clients and fails to reach a table.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from infra import chalice_config, optimize_packages
from infra.local.server import HttpRequest, request_to_event
from infra.rehearsal.__main__ import copy_project
from tests.shop import TEAPOT, an_order

COLD_START_SCRIPT = """
import json, resource, sys, types
event = json.load(sys.stdin)
sys.path[:0] = sys.argv[1:]
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
began = used()
import app
answer = app.app(event, types.SimpleNamespace(aws_request_id="cold", function_name="cold"))
assert answer["statusCode"] == 503, answer
print(used() - began)
"""
UNREACHABLE_ENDPOINT = "http://127.0.0.1:9"  # the discard port, where no server listens
REPEATS = 7


@dataclass(frozen=True)
class Package:
    code: Path
    layer: Path
    megabytes: float

    def cold_start_ms(self) -> float:
        """Return milliseconds of CPU. `-S` hides the packages of this environment."""
        folder = f"python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        command = [sys.executable, "-B", "-E", "-S", "-c", COLD_START_SCRIPT, str(self.code), str(self.layer / folder)]
        environment, event = os.environ | {"AWS_ENDPOINT_URL": UNREACHABLE_ENDPOINT}, json.dumps(build_event())
        process = subprocess.run(command, input=event, env=environment, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stderr
        return 1000 * float(process.stdout)


def build_event() -> dict[str, object]:
    headers = {"content-type": "application/json", "idempotency-key": "the-first-of-a-morning"}
    body = json.dumps(an_order((TEAPOT, 1))).encode()
    return request_to_event(HttpRequest("POST", "/api/orders", headers=headers, body=body), "/orders", [])


@contextmanager
def build_packages() -> Iterator[tuple[Package, Package]]:
    """Build the packages for this machine's architecture; yields (Chalice's, optimized)."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "project")
        project.mkdir()
        copy_project(project)
        architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        chalice_config.write_files(project / ".chalice", chalice_config.render_files("bench", {}, architecture))
        optimize_packages.build_packages(project, "bench")
        plain = unpack(project, Path(scratch, "plain"))
        optimize_packages.optimize_packages(project, "bench")
        yield plain, unpack(project, Path(scratch, "optimized"))


def unpack(project: Path, into: Path) -> Package:
    size = 0
    for package in (project / ".chalice" / "deployments").glob("*.zip"):
        size += package.stat().st_size
        with ZipFile(package) as archive:
            archive.extractall(into / ("code" if package.name.startswith("appcode") else "layer"))
    return Package(into / "code", into / "layer", size / 1_000_000)


def median_cold_starts(plain: Package, optimized: Package, times: int = REPEATS) -> tuple[float, float]:
    """Return the median milliseconds of both packages, measured in turns."""
    pairs = [(plain.cold_start_ms(), optimized.cold_start_ms()) for _ in range(times)]
    return statistics.median(first for first, _ in pairs), statistics.median(second for _, second in pairs)
