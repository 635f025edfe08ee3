"""What processes have used of the CPU so far, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Of this process, its descendants, and those of them that have ended and been waited for."""
    return sum(_own_seconds(each) for each in list_descendants(pid))


def list_descendants(pid: int) -> list[int]:
    return [pid, *(each for child in list_children(pid) for each in list_descendants(child))]


def list_children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in listed for child in _read_text(path).split()]


def _own_seconds(pid: int) -> float:
    """utime, stime, cutime and cstime are the fields 14 to 17 of stat; the name in parentheses may hold spaces."""
    fields = _read_text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def _read_text(file: Path) -> str:
    """Nothing of a process that has ended."""
    try:
        return file.read_text()
    except OSError:
        return ""
