"""Compare the local server with `chalice local`: the same endpoint and client, with keep-alive connections."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from infra.local.engine import free_port, terminate
from infra.local.run import server_command

ROOT = Path(__file__).parents[3]
NOT_SIGNED_IN = 401  # answered without reading a table, so that only the server is measured
READY_SECONDS, MEASURED_SECONDS = 30, 2.0


def requests_per_second() -> tuple[float, float]:
    """Return (ours, Chalice's)."""
    ours, theirs = free_port(), free_port()
    chalice = [str(Path(sys.executable).with_name("chalice")), "local", "--port", str(theirs), "--no-autoreload"]
    with running_server(server_command(ours)), running_server(chalice):
        return measure_rate(ours, "/api/me"), measure_rate(theirs, "/me")


@contextmanager
def running_server(command: list[str]) -> Iterator[None]:
    nothing = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=nothing, stderr=nothing, start_new_session=True)
    try:
        yield
    finally:
        terminate(server, READY_SECONDS)


def measure_rate(port: int, path: str) -> float:
    wait_until_ready(port, path)
    connection, count, began = HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS), 0, time.perf_counter()
    while time.perf_counter() - began < MEASURED_SECONDS:
        get(connection, path)
        count += 1
    return count / (time.perf_counter() - began)


def wait_until_ready(port: int, path: str) -> None:
    limit = time.monotonic() + READY_SECONDS
    while True:
        try:
            return get(HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS), path)
        except ConnectionError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)


def get(connection: HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.read() and answer.status == NOT_SIGNED_IN
