"""The local AWS engine listens on loopback only, and ports are validated."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from infra.local import engine

TCP_LISTEN = "0A"


def listening_addresses(pid: int) -> list[str]:
    """The addresses on which a process listens, in the kernel's hexadecimal notation."""
    descriptors = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    inodes = {name[8:-1] for name in descriptors if name.startswith("socket:[")}
    lines = [
        line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    ]
    return [line[1].split(":")[0] for line in lines if line[3] == TCP_LISTEN and line[9] in inodes]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc/net of Linux")
def test_the_engine_listens_on_loopback_and_nowhere_else(ministack: Any, engine: Any) -> None:
    assert listening_addresses(engine.process.pid) == ["0100007F"]


def test_a_free_port_is_below_the_range_of_outgoing_connections() -> None:
    ports = {engine.free_port() for _ in range(50)}

    assert max(ports) < 32_000
    assert len(ports) > 40


@pytest.mark.parametrize("text", ["abc", "0", "65535", "80a", "-1", "٣"])
def test_an_invalid_port_is_refused(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(SystemExit, match=f"PORT={text} is not a valid port; choose one from 1024 to 65534."):
        engine.read_port()
