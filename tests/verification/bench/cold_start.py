"""How long the order function takes to wake up, as it is shipped and as Chalice alone would ship it.

Each time a process that has seen none of it: it loads the packages from where a function finds them, writes no
byte-code, as it could not on Lambda either, and answers its first order, for which it makes its clients and asks a
store that is not there.
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
said = app.app(event, types.SimpleNamespace(aws_request_id="cold", function_name="cold"))
assert said["statusCode"] == 503, said
print(used() - began)
"""
UNREACHABLE_ENDPOINT = "http://127.0.0.1:9"  # the port of discarding, where no store is
REPEATS = 7


@dataclass(frozen=True)
class Package:
    code: Path
    layer: Path
    megabytes: float

    def cold_start_ms(self) -> float:
        """Milliseconds of CPU. `-S` keeps this environment's own packages out."""
        there = f"python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        command = [sys.executable, "-B", "-E", "-S", "-c", COLD_START_SCRIPT, str(self.code), str(self.layer / there)]
        told, event = os.environ | {"AWS_ENDPOINT_URL": UNREACHABLE_ENDPOINT}, json.dumps(build_event())
        made = subprocess.run(command, input=event, env=told, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        return 1000 * float(made.stdout)


def build_event() -> dict[str, object]:
    headers = {"content-type": "application/json", "idempotency-key": "the-first-of-a-morning"}
    body = json.dumps(an_order((TEAPOT, 1))).encode()
    return request_to_event(HttpRequest("POST", "/api/orders", headers=headers, body=body), "/orders", [])


@contextmanager
def build_packages() -> Iterator[tuple[Package, Package]]:
    """By Chalice alone, and finished; for this machine's own processor."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "project")
        project.mkdir()
        copy_project(project)
        architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        chalice_config.write_files(project / ".chalice", chalice_config.render_files("bench", {}, architecture))
        optimize_packages.build_packages(project, "bench")
        plain = unpack(project, Path(scratch, "plain"))
        optimize_packages.optimize_packages(project, "bench")
        yield plain, unpack(project, Path(scratch, "finished"))


def unpack(project: Path, into: Path) -> Package:
    size = 0
    for package in (project / ".chalice" / "deployments").glob("*.zip"):
        size += package.stat().st_size
        with ZipFile(package) as archive:
            archive.extractall(into / ("code" if package.name.startswith("appcode") else "layer"))
    return Package(into / "code", into / "layer", size / 1_000_000)


def median_cold_starts(plain: Package, finished: Package, times: int = REPEATS) -> tuple[float, float]:
    """Medians, the two taking turns."""
    found = [(plain.cold_start_ms(), finished.cold_start_ms()) for _ in range(times)]
    return statistics.median(one for one, _ in found), statistics.median(other for _, other in found)
